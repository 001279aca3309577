import type { Category } from "../api/types";

export const flat = (tree: Category[]): Category[] => tree.flatMap((c) => [c, ...flat(c.children ?? [])]);
export const findCategory = (tree: Category[], code: string | null | undefined): Category | undefined => flat(tree).find((c) => c.code === code);
export function rootOf(tree: Category[], code: string): Category | undefined {
  return tree.find((root) => root.code === code || flat(root.children ?? []).some((c) => c.code === code));
}
