import { useSyncExternalStore } from "react";
import { onWaiting, type Waiting, waitingNow } from "./queue";

export const useWaiting = (): Waiting[] => useSyncExternalStore(onWaiting, waitingNow);
