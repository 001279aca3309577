import { useEffect, useState } from "react";

type Toast = { id: number; text: string };
let next = 1;
const listeners = new Set<(t: Toast) => void>();
/** Said before there was anybody to show it: a page that has only begun. */
const early: Toast[] = [];
export function toast(text: string): void {
  const said = { id: next++, text };
  if (listeners.size) listeners.forEach((tell) => tell(said)); else early.push(said);
}

export function Toasts() {
  const [list, setList] = useState<Toast[]>([]);
  useEffect(() => {
    const add = (t: Toast) => {
      setList((l) => [...l.slice(-2), t]);
      setTimeout(() => setList((l) => l.filter((x) => x.id !== t.id)), 5000);
    };
    listeners.add(add);
    early.splice(0).forEach(add);
    return () => { listeners.delete(add); };
  }, []);
  return <div className="toasts" role="status" aria-live="polite">{list.map((x) => <div key={x.id} className="toast">{x.text}</div>)}</div>;
}
