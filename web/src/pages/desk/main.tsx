import { start } from "../../ui/start";
import { Desk } from "./Desk";
import "./desk.css";

start(() => <Desk />, { realm: "staff" });
