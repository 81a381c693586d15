//! Which environment holds a project's packages, and what is where in it.

use crate::Scene;
use aiofix::workspace::{Environment, EnvironmentError, Surroundings};
use std::path::PathBuf;

const PACKAGES: &str = "lib/python3.12/site-packages";

fn virtual_environment(scene: &Scene, name: &str) {
    scene.put(&format!("{name}/pyvenv.cfg"), "home = /nowhere/bin\nversion = 3.12.4\n");
    scene.put(&format!("{name}/bin/python"), "");
    scene.put(&format!("{name}/{PACKAGES}/dep/__init__.py"), "");
}

/// The folders with packages of the environment that is found for the code at `start`, in the scene.
fn around(scene: &Scene, start: &str, surroundings: &Surroundings) -> Vec<String> {
    shown(scene, &Environment::around(&scene.path(start), surroundings))
}

fn shown(scene: &Scene, environment: &Environment) -> Vec<String> {
    let shown = |path: &PathBuf| path.strip_prefix(&scene.root).unwrap_or(path).to_string_lossy().into_owned();
    environment.site_packages.iter().map(shown).collect()
}

/// What `dotted` is in the environment, shown.
fn found(scene: &Scene, environment: &Environment, dotted: &str) -> String {
    let Some(found) = environment.find(dotted) else { return "none".to_owned() };
    let shown = |path: &PathBuf| {
        let packages = path.strip_prefix(&environment.site_packages[0]).ok();
        packages.unwrap_or_else(|| path.strip_prefix(&scene.root).unwrap_or(path)).to_string_lossy().into_owned()
    };
    let stub = found.stub.as_ref().map_or(String::new(), |stub| format!(" + {}", shown(stub)));
    format!("{}{stub}{}", shown(&found.path), if found.is_package { ", a package" } else { "" })
}

/// A virtual environment with these files in its `site-packages`.
fn with(files: &[&str]) -> (Scene, Environment) {
    let scene = Scene::new(&[(".venv/pyvenv.cfg", "version = 3.12.4\n")]);
    for file in files {
        scene.put(&format!(".venv/{PACKAGES}/{file}"), "");
    }
    let environment =
        Environment::at(&scene.path(".venv"), "--python", &Surroundings::default()).expect("it has packages");
    (scene, environment)
}

#[test]
fn the_environment_that_is_asked_for_is_taken() {
    let scene = Scene::new(&[("notes.txt", ""), ("empty/pyvenv.cfg", "")]);
    virtual_environment(&scene, "one");
    for name in ["one", "one/bin/python"] {
        let environment =
            Environment::at(&scene.path(name), "--python", &Surroundings::default()).expect("it has packages");
        assert_eq!(shown(&scene, &environment), [format!("one/{PACKAGES}")], "{name}");
        assert!(environment.origin.ends_with("one (--python)"), "{}", environment.origin);
        assert_eq!(found(&scene, &environment, "dep"), "dep/__init__.py, a package");
    }
    let missing =
        Environment::at(&scene.path("two"), "--python", &Surroundings::default()).expect_err("it is not there");
    assert_eq!(missing, EnvironmentError::Missing(scene.path("two")));
    assert!(missing.to_string().contains("expected an interpreter such as `.venv/bin/python`"), "{missing}");
    for name in ["notes.txt", "empty"] {
        let error =
            Environment::at(&scene.path(name), "--python", &Surroundings::default()).expect_err("it has no packages");
        assert_eq!(error, EnvironmentError::NoPackages(scene.path(name)), "{error}");
    }
}

#[test]
fn an_active_environment_goes_before_one_beside_the_code() {
    let scene = Scene::new(&[("work/pkg/a.py", ""), ("work/old/pyvenv.cfg", "")]);
    let nothing = Surroundings::default();
    let bare = Environment::around(&scene.path("work/pkg/a.py"), &nothing);
    assert_eq!((shown(&scene, &bare), &*bare.origin, bare.find("dep")), (vec![], "none", None));
    virtual_environment(&scene, "work/venv");
    assert_eq!(around(&scene, "work/pkg/a.py", &nothing), [format!("work/venv/{PACKAGES}")]);
    virtual_environment(&scene, "work/.venv");
    assert_eq!(around(&scene, "work/pkg", &nothing), [format!("work/.venv/{PACKAGES}")]);
    virtual_environment(&scene, "work/pkg/venv");
    assert_eq!(around(&scene, "work/pkg/a.py", &nothing), [format!("work/pkg/venv/{PACKAGES}")], "the nearest");
    virtual_environment(&scene, "active");
    let active = |name| Surroundings { virtual_env: Some(scene.path(name)), ..Surroundings::default() };
    assert_eq!(around(&scene, "work", &active("active")), [format!("active/{PACKAGES}")]);
    assert_eq!(around(&scene, "work", &active("gone")), [format!("work/.venv/{PACKAGES}")]);
    assert_eq!(around(&scene, "work", &active("work/old")), [format!("work/.venv/{PACKAGES}")], "it has no packages");
}

#[cfg(unix)]
#[test]
fn the_interpreter_on_the_path_comes_last() {
    use std::os::unix::fs::symlink;
    let scene = Scene::new(&[("work/a.py", ""), ("none/readme", "")]);
    scene.put("usr/bin/python3.11", "");
    symlink("python3.11", scene.path("usr/bin/python3")).expect("a link can be made");
    let dep = ["usr/local/lib/python3.11/dist-packages/a.py", "usr/lib/python3/dist-packages/b.py"];
    for file in [dep[0], dep[1], "usr/lib/python3.11/os.py", "usr/lib/python3.12/dist-packages/c.py"] {
        scene.put(file, "");
    }
    let path = std::env::join_paths([scene.path("none"), scene.path("usr/bin")]).expect("no colon is in them");
    let mut surroundings = Surroundings { path: Some(path), ..Surroundings::default() };
    let expected = ["usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"];
    assert_eq!(around(&scene, "work", &surroundings), expected, "Debian's, and of this version alone");
    scene.put("home/.local/lib/python3.11/site-packages/d.py", "");
    surroundings.home = Some(scene.path("home"));
    assert_eq!(around(&scene, "work", &surroundings)[0], "home/.local/lib/python3.11/site-packages");

    virtual_environment(&scene, "tool");
    std::fs::remove_file(scene.path("tool/bin/python")).expect("it was made");
    symlink(scene.path("usr/bin/python3.11"), scene.path("tool/bin/python")).expect("a link can be made");
    let at = Environment::at(&scene.path("tool/bin/python"), "--python", &surroundings).expect("it has packages");
    assert_eq!(shown(&scene, &at), [format!("tool/{PACKAGES}")], "the link out of it is not followed");
    let sees =
        format!("home = {}\ninclude-system-site-packages = true\nversion = 3.12.4", scene.path("usr/bin").display());
    scene.put("tool/pyvenv.cfg", sees);
    let at = Environment::at(&scene.path("tool"), "--python", &surroundings).expect("it has packages");
    assert_eq!(shown(&scene, &at)[0], format!("tool/{PACKAGES}"));
    assert_eq!(shown(&scene, &at)[2..], expected, "behind its own, with the user's between");
}

#[test]
fn pyenv_is_read_and_not_run() {
    let scene = Scene::new(&[("pyenv/version", "3.9.1\n"), ("work/a.py", ""), ("pyenv/shims/python3", "exit 1")]);
    for version in ["3.9.1", "3.12.9", "3.12.10"] {
        let minor = version.rsplit_once('.').expect("it has two dots").0;
        scene.put(&format!("pyenv/versions/{version}/lib/python{minor}/site-packages/dep.py"), "");
    }
    let asks = |version: Option<&str>| {
        let path = Some(scene.path("pyenv/shims").into_os_string());
        let surroundings = Surroundings { path, pyenv_version: version.map(str::to_owned), ..Surroundings::default() };
        around(&scene, "work/a.py", &surroundings).join(" ")
    };
    let installed = |version: &str, minor| format!("pyenv/versions/{version}/lib/python{minor}/site-packages");
    assert_eq!(asks(None), installed("3.9.1", "3.9"), "the global version");
    scene.put("work/.python-version", "# of this project\n3.12.9\n3.9.1\n");
    assert_eq!(asks(None), installed("3.12.9", "3.12"));
    assert_eq!(asks(Some("3.9.1:3.12.9")), installed("3.9.1", "3.9"));
    assert_eq!(asks(Some("3.12")), installed("3.12.10", "3.12"), "the latest release, by number");
    assert_eq!(asks(Some("system")), "");
    assert_eq!(asks(Some("../versions/3.9.1")), "");
}

#[test]
fn editable_installs_are_followed() {
    let scene = Scene::new(&[("code/src/mine/__init__.py", ""), ("code/other.py", "")]);
    virtual_environment(&scene, "v");
    scene.put(&format!("v/{PACKAGES}/mine.pth"), scene.path("code/src").to_str().expect("UTF-8"));
    let lines = "# a comment\n\nimport os; os.abort()\n../../../../code\n/nowhere/at/all\n";
    scene.put(&format!("v/{PACKAGES}/a.pth"), lines);
    let environment = Environment::at(&scene.path("v"), "--python", &Surroundings::default()).expect("it has packages");
    assert_eq!(environment.site_packages.len(), 3, "{environment:?}");
    assert_eq!(found(&scene, &environment, "mine"), "code/src/mine/__init__.py, a package");
    assert_eq!(found(&scene, &environment, "other"), "code/other.py");
}

#[test]
fn modules_are_found_by_name() {
    let (scene, environment) = with(&[
        "pkg/__init__.py",
        "pkg/a.py",
        "pkg/a.pyi",
        "pkg/a/x.py",
        "pkg/sub/__init__.py",
        "pkg/sub/__init__.pyi",
        "pkg/sub/b.py",
        "pkg/ns/c.py",
        "pkg.py",
        "single.py",
    ]);
    let cases = [
        ("pkg", "pkg/__init__.py, a package"),
        ("pkg.a", "pkg/a.py + pkg/a.pyi"),
        ("pkg.a.x", "none"),
        ("pkg.sub", "pkg/sub/__init__.py + pkg/sub/__init__.pyi, a package"),
        ("pkg.sub.b", "pkg/sub/b.py"),
        ("pkg.ns", "none"),
        ("pkg.ns.c", "pkg/ns/c.py"),
        ("single", "single.py"),
        ("single.anything", "none"),
        ("absent", "none"),
        ("absent.a.b", "none"),
        ("", "none"),
        ("pkg..a", "none"),
        ("pkg.../single", "none"),
    ];
    // Asked for again, what is remembered is the same.
    for (dotted, expected) in cases.into_iter().chain(cases) {
        assert_eq!(found(&scene, &environment, dotted), expected, "{dotted}");
    }
}

#[test]
fn stubs_stand_beside_or_instead_of_modules() {
    let (scene, environment) = with(&[
        "foo/__init__.py",
        "foo/bar.py",
        "foo/bar.pyi",
        "foo/plain.py",
        "foo/deep/x.py",
        "foo-stubs/__init__.pyi",
        "foo-stubs/bar.pyi",
        "foo-stubs/deep/x.pyi",
        "foo-stubs/ghost.pyi",
        "only-stubs/sub/y.pyi",
        "fast/__init__.pyi",
        "fast/_core.cpython-312-x86_64-linux-gnu.so",
        "fast/_core.pyi",
        "fast/_bare.cpython-312-x86_64-linux-gnu.so",
    ]);
    for (dotted, expected) in [
        ("foo", "foo/__init__.py + foo-stubs/__init__.pyi, a package"),
        ("foo.bar", "foo/bar.py + foo-stubs/bar.pyi"),
        ("foo.plain", "foo/plain.py"),
        ("foo.deep.x", "foo/deep/x.py + foo-stubs/deep/x.pyi"),
        ("foo.ghost", "foo-stubs/ghost.pyi"),
        ("only", "none"),
        ("only.sub.y", "only-stubs/sub/y.pyi"),
        ("fast", "fast/__init__.pyi, a package"),
        ("fast._core", "fast/_core.pyi"),
        ("fast._bare", "none"),
    ] {
        assert_eq!(found(&scene, &environment, dotted), expected, "{dotted}");
    }
}

#[test]
fn a_namespace_lies_in_several_folders_and_yields_to_a_package() {
    let scene = Scene::new(&[("other/google/b.py", ""), ("other/late/__init__.py", ""), ("other/late/m.py", "")]);
    virtual_environment(&scene, "v");
    scene.put(&format!("v/{PACKAGES}/google/a.py"), "");
    scene.put(&format!("v/{PACKAGES}/late/n.py"), "");
    scene.put(&format!("v/{PACKAGES}/x.pth"), "../../../../other\n");
    let environment = Environment::at(&scene.path("v"), "--python", &Surroundings::default()).expect("it has packages");
    for (dotted, expected) in [
        ("google", "none"),
        ("google.a", "google/a.py"),
        ("google.b", "other/google/b.py"),
        ("late", "other/late/__init__.py, a package"),
        ("late.m", "other/late/m.py"),
        ("late.n", "none"),
    ] {
        assert_eq!(found(&scene, &environment, dotted), expected, "{dotted}");
    }
}
