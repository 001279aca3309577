import { Note } from "../../../ui/bits";
import { Icon } from "../../../ui/Icon";
import type { Issue } from "../issues";
import { w } from "../words";

const FIRST = 60;
/** All that speaks against a draft; a click leads to the place. */
export function IssueList({ issues, place, jump }: { issues: Issue[]; place: (at: string) => string; jump: (at: string) => void }) {
  const errors = issues.filter((i) => i.severity === "error"), warnings = issues.length - errors.length;
  if (!issues.length) return null;
  return (
    <section className="issues card" aria-label={w("problems")}>
      <h3 className="issues__h" role="status">{w("problems_n", { errors: errors.length, warnings })}</h3>
      <ul>
        {[...errors, ...issues.filter((i) => i.severity === "warning")].slice(0, FIRST).map((i, n) => (
          <li key={n}><button type="button" className={`issue issue--${i.severity}`} disabled={!i.at} onClick={() => jump(i.at)}>
            <Icon name="alert" size={16} />
            <span><span className="sr">{w(i.severity === "error" ? "error" : "warning")}: </span>{i.text}{i.at && <span className="issue__at">{place(i.at)}</span>}</span>
          </button></li>
        ))}
      </ul>
      {issues.length > FIRST && <Note>{w("and_more", { n: issues.length - FIRST })}</Note>}
    </section>
  );
}
