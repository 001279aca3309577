import { start } from "../../ui/start";
import "../desk/desk.css";
import { Admin } from "./Admin";
import "./admin.css";

start(() => <Admin />, { realm: "staff" });
