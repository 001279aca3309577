import { type ReactNode, useEffect, useRef } from "react";
import { t } from "../i18n";
import { Icon } from "./Icon";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => { const d = ref.current!; if (!d.open) d.showModal(); return () => d.close(); }, []);
  return (
    <dialog ref={ref} aria-label={title} onCancel={(e) => { e.preventDefault(); onClose(); }}>
      <div className="dialog__head"><h2 style={{ fontSize: "1.15rem" }}>{title}</h2><button className="icon-button" onClick={onClose} aria-label={t("close")}><Icon name="x" /></button></div>
      <div className="dialog__body">{children}</div>
    </dialog>
  );
}
