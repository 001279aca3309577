import { start } from "../../ui/start";
import { PublicPage } from "./PublicPage";
import "./public.css";

start(() => <PublicPage />, { realm: "citizen" });
