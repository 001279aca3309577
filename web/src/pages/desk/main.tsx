import { start } from "../../ui/start";
import { Desk } from "./Desk";
import "../app/app.css";
import "./desk.css";
import "./casework.css";
import "./photos.css";

start(() => <Desk />, { realm: "staff" });
