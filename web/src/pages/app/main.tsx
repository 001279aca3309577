import { start } from "../../ui/start";
import { CitizenApp } from "./CitizenApp";
import "./app.css";

start(() => <CitizenApp />, { realm: "citizen" });
