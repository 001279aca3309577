import { useEffect, useState } from "react";

type Toast = { id: number; text: string };
let next = 1;
const listeners = new Set<(t: Toast) => void>();
export const toast = (text: string): void => listeners.forEach((tell) => tell({ id: next++, text }));

export function Toasts() {
  const [list, setList] = useState<Toast[]>([]);
  useEffect(() => {
    const add = (t: Toast) => {
      setList((l) => [...l.slice(-2), t]);
      setTimeout(() => setList((l) => l.filter((x) => x.id !== t.id)), 5000);
    };
    listeners.add(add);
    return () => { listeners.delete(add); };
  }, []);
  return <div className="toasts" role="status" aria-live="polite">{list.map((x) => <div key={x.id} className="toast">{x.text}</div>)}</div>;
}
