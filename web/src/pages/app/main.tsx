import { start } from "../../ui/start";
import { CitizenApp } from "./CitizenApp";
import { comeBack } from "./comeBack";
import "./app.css";

void comeBack();
start(() => <CitizenApp />, { realm: "citizen" });
