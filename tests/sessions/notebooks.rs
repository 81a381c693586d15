//! Notebooks among the files of a project: what is told of their cells, and that nothing but sources changes.

use crate::project::{Project, snapshot};
use std::process::Command;

/// Written by hand as nobody's program would: keys in disorder, escapes that nobody needs, a line end too many.
const REPORT: &str = r##"{
 "nbformat": 4, "nbformat_minor": 5,
 "metadata": {"language_info": {"name": "python"}, "kernelspec": {"name": "python3", "display_name": "\u0050ython"}},
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": "# asyncio.run(main())"},
  {
   "source": [
    "%pip install -q store\n",
    "import asyncio\n",
    "import store"
   ],
   "cell_type": "code", "id": "a", "metadata": {"collapsed": false}, "execution_count": 1,
   "outputs": [{"output_type": "stream", "name": "stdout", "text": ["asyncio.run(main())\n", "caf\u00e9 1.0e5\n"]}]
  },
  {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [ ],
   "source": [
    "async def total(of):\n",
    "    print(\"caf\u00e9 \u2014\", of)\n",
    "    return 1\n",
    "\n",
    "for each in [1, 2]:\n",
    "    !date\n",
    "    print(\"\u2603\", asyncio.run(total(each)), \"\/\")  # \ud83d\ude00"
   ]},
  {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": null, "outputs": [],
   "source": "%%time\nasyncio.run(total(3))"},
  {"cell_type": "code", "id": "d", "metadata": {}, "execution_count": null, "outputs": [],
   "source": "total(4)\ntotal(5)  # aiofix: ignore[forgotten-await]\nasyncio.create_task(total(6))"}
 ]
}

"##;

const OLD: &str = r#"{"worksheets": [{"cells": [
  {"cell_type": "code", "language": "python", "input": ["import asyncio, store\n", "asyncio.run(store.totals())"], "outputs": []}
]}], "nbformat": 3, "metadata": {"name": ""}}
"#;

fn project() -> Project {
    Project::new(&[
        ("report.ipynb", REPORT),
        ("old/old.ipynb", OLD),
        ("broken.ipynb", "{\"cells\": [\n  {\"cell_type\": \"code\",\n]}"),
        ("model.ipynb", r#"{"cells": [], "metadata": {"kernelspec": {"language": "R"}}, "nbformat": 4}"#),
        ("unfinished.ipynb", r#"{"cells": [{"cell_type": "code", "source": ["import asyncio\n", "asyncio.run(f("]}]}"#),
        (".ipynb_checkpoints/report-checkpoint.ipynb", REPORT),
    ])
}

#[test]
fn notebooks() {
    project().snapshot(
        "notebooks",
        &[
            "check report.ipynb",
            "check --output-format concise",
            "check --output-format concise",
            "check --output-format concise --strict --select AIO301",
            "check --output-format json --select dangling-task report.ipynb",
            "diff",
            "fix --output-format concise",
            "fix -q",
        ],
    );
}

#[test]
fn why_in_a_cell() {
    let project = project();
    let mut text = String::new();
    for place in ["report.ipynb:cell 4:2", "report.ipynb:2", "report.ipynb:cell 1:1", "report.ipynb:cell 4:9"] {
        let output = project.command("why --select nested-run").arg(place).output().expect("the binary was built");
        text += &format!("$ aiofix why --select nested-run {place:?}\n");
        text += &String::from_utf8_lossy(&output.stdout);
        text += &String::from_utf8_lossy(&output.stderr);
    }
    let tree = project.command("tree").arg("report.ipynb:cell 5:2").output().expect("the binary was built").stdout;
    text += &String::from_utf8_lossy(&tree);
    snapshot("why_in_a_cell", &text);
}

#[test]
fn only_the_sources_of_a_notebook_change() {
    let project = project();
    let diff = project.command("diff -q report.ipynb old").output().expect("the binary was built").stdout;
    project.put("made.diff", diff);
    let fixed = Project::new(&[("report.ipynb", REPORT), ("old/old.ipynb", OLD)]);
    fixed.run("fix");
    let text = fixed.read("report.ipynb");
    let expected =
        REPORT.replace("asyncio.run(total(each))", "await total(each)").replace("total(4)\\n", "await total(4)\\n");
    assert_eq!(text, expected);
    assert_eq!(
        fixed.read("old/old.ipynb"),
        OLD.replace("asyncio.run(store.totals())", "await store.totals()").replace("asyncio, store", "store")
    );
    let applied = Command::new("git").args(["apply", "made.diff"]).current_dir(project.path("")).status();
    assert!(applied.expect("git is installed").success());
    assert_eq!(project.read("report.ipynb"), text);
    assert_eq!(project.read("old/old.ipynb"), fixed.read("old/old.ipynb"));
}

#[test]
fn a_notebook_on_standard_input() {
    let project = project();
    let mut text = project.piped("check --output-format concise --stdin-filename n.ipynb -", OLD);
    text += &project.piped("diff --stdin-filename n.ipynb -", OLD);
    text += &project.piped("fix -q --stdin-filename n.ipynb -", OLD);
    text += &project.piped("fix -q --stdin-filename n.ipynb -", "import asyncio\n");
    snapshot("notebook_on_standard_input", &text);
}
