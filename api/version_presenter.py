"""Versions of process and routing as administrators see them."""

from __future__ import annotations

from dataclasses import dataclass

from api.schemas.base import Labelled
from api.schemas.versions import (
    AnswerOut,
    CheckOut,
    DifferenceOut,
    OverruledOut,
    ProblemOut,
    StateCountOut,
    TrialOut,
)
from core.i18n import translate
from workflows.configuration import Configuration
from workflows.dry_run import Answer, RoutingTrial
from workflows.migrating import StateCount
from workflows.overruling import OverruledRule
from workflows.problems import Problem
from workflows.publishing import Check

MAX_DIFFERENCES = 100


@dataclass(frozen=True, slots=True)
class VersionPresenter:
    """Presents in one language, under one configuration of the city."""

    city: Configuration
    language: str

    def check(self, check: Check) -> CheckOut:
        return CheckOut(
            publishable=not check.errors,
            problems=[self._problem(problem) for problem in check.problems],
            trial=self._trial(check.routing) if check.routing else None,
        )

    def state_count(self, count: StateCount) -> StateCountOut:
        numbers = {number: key for key, number in self.city.process_versions.items()}
        state = self.city.processes[numbers[count.from_version]].states[count.state]
        return StateCountOut(
            from_version=count.from_version,
            state=count.state,
            state_label=state.label.in_language(self.language),
            cases=count.cases,
            target=count.target,
        )

    def overruled(self, rule: OverruledRule) -> OverruledOut:
        return OverruledOut(
            rule=rule.rule,
            cases=rule.cases,
            overruled=rule.overruled,
            usually=self._department(rule.usually),
        )

    def _problem(self, problem: Problem) -> ProblemOut:
        return ProblemOut(
            severity=problem.severity,
            code=problem.code,
            pointer=problem.pointer,
            detail=translate(problem.code, self.language, problem.facts),
        )

    def _trial(self, trial: RoutingTrial) -> TrialOut:
        return TrialOut(
            tried=trial.tried,
            different=len(trial.differences),
            differences=[
                DifferenceOut(
                    report_id=item.report_id,
                    code=item.code,
                    category=self._category(item.category),
                    before=self._answer(item.before),
                    after=self._answer(item.after),
                )
                for item in trial.differences[:MAX_DIFFERENCES]
            ],
        )

    def _answer(self, answer: Answer) -> AnswerOut:
        return AnswerOut(
            rule=answer.rule,
            department=self._department(answer.department),
            priority=answer.priority,
            case_class=answer.case_class,
            hours=answer.hours,
            verify=answer.verify,
        )

    def _category(self, code: str) -> Labelled:
        view = self.city.categories[code]
        return Labelled(code=code, name=view.name_en if self.language == "en" else view.name)

    def _department(self, code: str) -> Labelled:
        view = self.city.departments[code]
        return Labelled(code=code, name=view.name_en if self.language == "en" else view.name)
