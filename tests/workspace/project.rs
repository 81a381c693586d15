//! What lies around a file.

use crate::{Scene, sentence};
use aiofix::workspace::*;
use std::path::Path;

/// The least Python of a file two folders below a `pyproject.toml` of this text.
fn least(pyproject: &str) -> Option<PythonVersion> {
    let scene = Scene::new(&[("pyproject.toml", pyproject), ("src/pkg/a.py", "")]);
    let versions = RequiresPython::default();
    let least = versions.of(&scene.path("src/pkg/a.py"));
    assert_eq!(versions.faults(), []);
    assert_eq!(versions.of(&scene.path("src/pkg/a.py")), least);
    least
}

#[test]
fn the_least_python_is_the_first_that_requires_python_allows() {
    let cases = [
        (">=3.9", Some((3, 9))),
        (">=3.8.1,<4", Some((3, 8))),
        (">3.7", Some((3, 7))),
        ("~=3.10", Some((3, 10))),
        ("==3.11.*", Some((3, 11))),
        ("==3.9.7", Some((3, 9))),
        (">=2.7, !=3.0.*, !=3.1.*", Some((2, 7))),
        (">=3.6, !=3.6.*", Some((3, 7))),
        (">= 3.14", Some((3, 14))),
        ("<4", None),
        ("", None),
    ];
    for (required, expected) in cases {
        assert_eq!(least(&format!("[project]\nrequires-python = \"{required}\"\n")), expected, "{required}");
    }
}

#[test]
fn poetry_has_its_own_operators() {
    let cases = [
        ("^3.9", Some((3, 9))),
        ("~3.8", Some((3, 8))),
        ("~=3.8", Some((3, 8))),
        (">=3.10,<3.13", Some((3, 10))),
        ("3.11.*", Some((3, 11))),
        ("^2.7 || ^3.6", Some((2, 7))),
        ("~2.7 | ^3.6", Some((2, 7))),
        ("*", None),
    ];
    for (required, expected) in cases {
        assert_eq!(least(&format!("[tool.poetry.dependencies]\npython = \"{required}\"\n")), expected, "{required}");
    }
}

#[test]
fn the_nearest_project_that_states_a_python_decides() {
    let scene = Scene::new(&[
        ("pyproject.toml", "[project]\nrequires-python = '>=3.9'\n"),
        ("a/pyproject.toml", "[tool.black]\n"),
        ("b/pyproject.toml", "[project]\nrequires-python = '>=3.12'\n"),
        ("c/pyproject.toml", "[project\n"),
        ("d/pyproject.toml", "[project]\nrequires-python = 'new'\n"),
    ]);
    let versions = RequiresPython::default();
    let of = |name: &str| versions.of(&scene.path(name));
    assert_eq!((of("a/x/m.py"), of("b/x/m.py"), of("b/y/m.py")), (Some((3, 9)), Some((3, 12)), Some((3, 12))));
    assert_eq!((of("c/m.py"), of("c/n.py"), of("d/m.py")), (Some((3, 9)), Some((3, 9)), Some((3, 9))));
    let [(first, broken), (second, _)] = &versions.faults()[..] else { panic!("{:?}", versions.faults()) };
    assert_eq!((first, second), (&scene.path("c/pyproject.toml"), &scene.path("d/pyproject.toml")));
    let told = sentence(broken.clone());
    assert!(told.starts_with("its least Python is unknown: "), "{told}");
}

#[test]
fn the_nearest_configuration_is_found_in_ruffs_order() {
    let scene = Scene::new(&[
        ("pyproject.toml", "[tool.aiofix]\n"),
        ("a/pyproject.toml", "[tool.black]\nname = 'aiofix'\n"),
        ("a/x.py", ""),
        ("b/aiofix.toml", ""),
        ("b/pyproject.toml", "[tool.aiofix]\n"),
        ("c/.aiofix.toml", ""),
        ("c/aiofix.toml", ""),
        ("d/pyproject.toml", "[tool.aiofix]\nselect = [\n"),
    ]);
    let cases = [
        ("a/x.py", "pyproject.toml"),
        ("a", "pyproject.toml"),
        ("b", "b/aiofix.toml"),
        ("c", "c/.aiofix.toml"),
        ("d", "d/pyproject.toml"),
    ];
    for (start, expected) in cases {
        assert_eq!(find_config(&scene.path(start)), Some(scene.path(expected)), "{start}");
    }
}

#[test]
fn a_project_begins_at_its_marker_or_above_its_outermost_package() {
    let marked = Scene::new(&[("p/setup.cfg", ""), ("p/src/pkg/__init__.py", ""), ("p/src/pkg/m.py", "")]);
    assert_eq!(project_root(&marked.path("p/src/pkg/m.py")), marked.path("p"));
    assert_eq!(project_root(&marked.path("p/src")), marked.path("p"));
    let bare = Scene::new(&[("lib/a/__init__.py", ""), ("lib/a/b/__init__.py", ""), ("lib/a/b/m.py", "")]);
    assert_eq!(project_root(&bare.path("lib/a/b/m.py")), bare.path("lib"));
}

#[test]
fn a_module_is_called_by_its_file_or_its_package() {
    assert_eq!(module_stem(Path::new("src/pkg/clock.py")).as_deref(), Some("clock"));
    assert_eq!(module_stem(Path::new("src/pkg/__init__.py")).as_deref(), Some("pkg"));
    assert!(is_package_init(Path::new("pkg/__init__.py")) && !is_package_init(Path::new("pkg/init.py")));
}

#[test]
fn a_mention_is_found_in_code_and_configuration_of_the_project() {
    let scene = Scene::new(&[
        ("tests/test_a.py", "patch('pkg.mydb.time.sleep')\n"),
        ("setup.cfg", "[tool:pytest]\nusefixtures = pkg.conf.time\n"),
        ("README.md", "pkg.readme.time\n"),
        ("venv/lib/x.py", "pkg.venv.time\n"),
        ("bad.py", ""),
    ]);
    scene.put("bad.py", b"\xff pkg.bytes.time");
    let needles = ["mydb.time", "db.time", "conf.time", "readme.time", "venv.time", "bytes.time"].map(str::to_owned);
    let options = Discovery::in_directory(scene.root.clone());
    let found = mentions(&scene.root, &needles, &options).expect("the globs are well formed");
    assert_eq!(found, [true, true, true, false, false, true]);
    assert_eq!(mentions(&scene.root, &[], &options).expect("the globs are well formed"), [] as [bool; 0]);
}

#[test]
fn the_pages_of_a_folder_are_its_markdown_files_in_order() {
    let scene = Scene::new(&[("z.md", ""), ("a.md", ""), ("README.md", ""), ("notes.txt", ""), ("sub/b.md", "")]);
    assert_eq!(pages_in(&scene.root), Ok(vec![scene.path("a.md"), scene.path("z.md")]));
    assert!(sentence(pages_in(&scene.path("none")).expect_err("no folder")).starts_with("it cannot be read: "));
}

#[test]
fn a_page_is_read_without_its_byte_order_mark() {
    let scene = Scene::new(&[("a.md", "\u{feff}# é\r\n")]);
    assert_eq!(read_text(&scene.path("a.md")), Ok("# é\r\n".to_owned()));
    let bad = scene.put("b.md", b"# \xe9");
    let told = sentence(read_text(&bad).expect_err("it is latin-1"));
    assert_eq!(told, "the byte at offset 2 is not UTF-8; save it as UTF-8");
}
