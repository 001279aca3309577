import { start } from "../../ui/start";
import { Ioc } from "./Ioc";
import "./ioc.css";

start(() => <Ioc />, { realm: "staff", theme: "dark" });
