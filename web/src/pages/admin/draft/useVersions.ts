import { useLoad } from "../../../lib/hooks";
import { type Kind, version, versions } from "../adminApi";

/** The versions of one kind, and the document of the one that is shown (by default the one in force). */
export function useVersions<D>(kind: Kind, wanted: string | undefined, hasDraft: boolean) {
  const list = useLoad(`versions:${kind}`, () => versions(kind));
  const inForce = list.data?.find((v) => v.current)?.version ?? list.data?.[0]?.version ?? null;
  const shown: number | "draft" | null = wanted === "draft" || (wanted === undefined && hasDraft) ? (hasDraft ? "draft" : inForce) : wanted ? Number(wanted) : inForce;
  const found = useLoad(typeof shown === "number" ? `version:${kind}:${shown}` : null, () => version<D>(kind, shown as number));
  return { list, shown, found };
}
