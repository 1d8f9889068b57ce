"""Run tests of Twisted's, and write down how each of them ended.

    python trial_outcomes.py REPORT FOLDER NAME...

REPORT gets a JSON object: {test: [how it ended, what it said]}, and below "" the file that the
package OpenSSL was imported from.  FOLDER is for what the tests write.
"""

import json
import sys
from pathlib import Path

from twisted.trial import reporter, runner

import OpenSSL


class Outcomes(reporter.Reporter):
    """The last word on each test; a failure while tidying up comes after its success."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.found = {"": ["", OpenSSL.__file__]}

    def note(self, test, outcome, said=""):
        name = test.id()
        if self.found.get(name, [""])[0] != "failed":
            self.found[name] = [outcome, str(said)]

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, "failed", self._getFailure(error).getTraceback())

    def addFailure(self, test, failure):
        super().addFailure(test, failure)
        self.note(test, "failed", self._getFailure(failure).getTraceback())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addExpectedFailure(self, test, failure, todo=None):
        super().addExpectedFailure(test, failure, todo)
        self.note(test, "failed as expected")

    def addUnexpectedSuccess(self, test, todo=None):
        super().addUnexpectedSuccess(test, todo)
        self.note(test, "passed unexpectedly")


def main(report, folder, *names):
    made = []

    def make(*args, **kwargs):
        made.append(Outcomes(*args, **kwargs))
        return made[0]

    suite = runner.TestLoader().loadByNames(names, recurse=True)
    runner.TrialRunner(make, workingDirectory=folder).run(suite)
    Path(report).write_text(json.dumps(made[0].found))


if __name__ == "__main__":
    main(*sys.argv[1:])
