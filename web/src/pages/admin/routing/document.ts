/** The routing grid as the server keeps it (`GET /v1/admin/routing/schema`). */
import type { Text } from "../process/document";

export interface Near { layer: string; kind?: string[]; metres?: number }
export interface When { category?: string[]; area?: string[]; near?: Near[]; answers?: Record<string, (string | number | boolean)[]>; words?: string[]; source?: string[]; weekdays?: number[]; hours?: { start: string; end: string } | null; review?: string[]; trust_below?: number | null }
export interface Then { department: string; co_departments?: string[]; priority: number; class: string; hours: number; assign?: string | null; verify?: boolean }
export interface Row { id: string; when: When; then: Then; reason: Text }
export interface Ruleset { rows: Row[]; default: { then: Then; reason: Text } }

/** Reasons for review, as `workflows/review.py` names them. */
export const REVIEWS = ["category_retired", "category_divided", "answers_outdated", "asset_gone", "photo_missing", "photos_pending", "captured_in_future", "captured_long_ago"];
export const CLASSES = ["urgent", "normal", "complex"];
export const PRIORITIES = [1, 2, 3, 4];
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
export const ASSIGNS = ["rota", "least_load"];
