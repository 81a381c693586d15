//! Each behaviour on a few paths, given in every one of several orders: the answers must be the same.

use super::*;

/// The same files in several orders.
struct Files {
    orders: Vec<(Vec<PathBuf>, Layout)>,
}

impl Files {
    fn new(paths: &str) -> Files {
        let mut paths: Vec<PathBuf> = paths.split_whitespace().map(PathBuf::from).collect();
        let mut orders = Vec::new();
        for _ in 0..paths.len() {
            paths.rotate_left(1);
            orders.push(paths.clone());
        }
        orders.extend(orders.clone().into_iter().map(|order| order.into_iter().rev().collect()));
        Files { orders: orders.into_iter().map(|paths| (paths.clone(), Layout::new(&paths))).collect() }
    }

    /// What every order says, shown.
    fn ask(&self, from: &str, question: impl Fn(&Layout, ModuleId) -> Resolution) -> String {
        let mut answers = self.orders.iter().map(|(paths, layout)| {
            let from = paths.iter().position(|path| path.as_path() == from.as_ref() as &std::path::Path);
            let from = ModuleId(from.unwrap_or_else(|| panic!("{from:?} is no file")) as u32);
            let shown = |id: ModuleId| paths[id.0 as usize].to_string_lossy().into_owned();
            match question(layout, from) {
                Resolution::Missing => "missing".to_owned(),
                Resolution::Module { id, stub: None } => shown(id),
                Resolution::Module { id, stub: Some(stub) } => format!("{} + {}", shown(id), shown(stub)),
                Resolution::Namespace(folders) => {
                    let shown = folders.iter().map(|&folder| path_of(layout, folder));
                    format!("[{}]", shown.collect::<Vec<_>>().join(" "))
                }
            }
        });
        let first = answers.next().expect("there is an order");
        assert!(answers.all(|answer| answer == first), "the order of files matters");
        first
    }

    fn absolute(&self, from: &str, dotted: &str) -> String {
        self.ask(from, |layout, from| layout.absolute(from, dotted))
    }

    fn relative(&self, from: &str, dotted: &str) -> String {
        self.ask(from, |layout, from| layout.relative(from, dotted))
    }

    fn name(&self, of: &str) -> String {
        let (paths, layout) = &self.orders[0];
        let id = paths.iter().position(|path| path.as_path() == of.as_ref() as &std::path::Path);
        layout.name(ModuleId(id.expect("it is a file") as u32))
    }
}

fn path_of(layout: &Layout, folder: FolderId) -> String {
    let name = layout.text(layout.folder(folder).name);
    match layout.folder(folder).parent {
        Some(parent) => format!("{}/{name}", path_of(layout, parent)).trim_start_matches('/').to_owned(),
        None => String::new(),
    }
}

#[test]
fn a_package_is_found_from_everywhere_in_it() {
    let files = Files::new("src/pkg/__init__.py src/pkg/a.py src/pkg/sub/__init__.py src/pkg/sub/b.py src/single.py");
    for from in ["src/pkg/__init__.py", "src/pkg/a.py", "src/pkg/sub/b.py", "src/single.py"] {
        assert_eq!(files.absolute(from, "pkg"), "src/pkg/__init__.py");
        assert_eq!(files.absolute(from, "pkg.sub.b"), "src/pkg/sub/b.py");
        assert_eq!(files.absolute(from, "single"), "src/single.py");
        assert_eq!(files.absolute(from, "pkg.sub.c"), "missing");
        assert_eq!(files.absolute(from, "pkg.a.anything"), "missing", "a module has no submodules");
        assert_eq!(files.absolute(from, "sub.b"), "missing", "a package is no import root");
        assert_eq!(files.absolute(from, "Pkg"), "missing", "names are case-sensitive");
        assert_eq!(files.absolute(from, ""), "missing");
    }
}

#[test]
fn names_begin_at_the_outermost_package() {
    let files = Files::new(
        "src/pkg/__init__.py src/pkg/a.py src/pkg/sub/__init__.pyi src/pkg/sub/b.py src/pkg/__main__.py src/pkg/ns/c.py t/conftest.py \
         foo-stubs/__init__.pyi foo-stubs/bar.pyi __init__.py /srv/app.py",
    );
    let names = [
        ("src/pkg/__init__.py", "pkg"),
        ("src/pkg/a.py", "pkg.a"),
        ("src/pkg/sub/__init__.pyi", "pkg.sub"),
        ("src/pkg/sub/b.py", "pkg.sub.b"),
        ("src/pkg/__main__.py", "pkg.__main__"),
        ("src/pkg/ns/c.py", "pkg.ns.c"),
        ("t/conftest.py", "conftest"),
        ("foo-stubs/bar.pyi", "foo.bar"),
        ("__init__.py", "__init__"),
    ];
    for (path, name) in names {
        assert_eq!(files.name(path), name);
    }
}

#[test]
fn dots_count_packages_upwards() {
    let files = Files::new("top/pkg/__init__.py top/pkg/a.py top/pkg/sub/__init__.py top/pkg/sub/b.py top/pkg/ns/c.py");
    assert_eq!(files.relative("top/pkg/sub/b.py", "."), "top/pkg/sub/__init__.py");
    assert_eq!(files.relative("top/pkg/sub/__init__.py", "."), "top/pkg/sub/__init__.py");
    assert_eq!(files.relative("top/pkg/sub/__init__.py", ".b"), "top/pkg/sub/b.py");
    assert_eq!(files.relative("top/pkg/sub/b.py", "..a"), "top/pkg/a.py");
    assert_eq!(files.relative("top/pkg/sub/b.py", ".. sub . b"), "top/pkg/sub/b.py");
    assert_eq!(files.relative("top/pkg/a.py", ".ns"), "[top/pkg/ns]");
    assert_eq!(files.relative("top/pkg/ns/c.py", "."), "[top/pkg/ns]");
    assert_eq!(files.relative("top/pkg/ns/c.py", "..a"), "top/pkg/a.py");
    assert_eq!(files.relative("top/pkg/a.py", ".b"), "missing");
    assert_eq!(files.relative("top/pkg/a.py", ".....a"), "missing", "there is nothing above the top");
}

#[test]
fn a_submodule_is_looked_up_in_its_package() {
    let files = Files::new("pkg/__init__.py pkg/a.py pkg/a.pyi pkg/ns/c.py");
    let ask = |package: &str, name: &str| {
        files.ask("pkg/__init__.py", |layout, from| layout.submodule(&layout.absolute(from, package), name))
    };
    assert_eq!(ask("pkg", "a"), "pkg/a.py + pkg/a.pyi");
    assert_eq!(ask("pkg", "ns"), "[pkg/ns]");
    assert_eq!(ask("pkg", "ns.c"), "pkg/ns/c.py");
    assert_eq!(ask("pkg.ns", "c"), "pkg/ns/c.py");
    assert_eq!(ask("pkg.a", "a"), "missing", "a module is no package");
    assert_eq!(ask("nothing", "a"), "missing");
}

#[test]
fn tests_beside_the_code_see_it_and_their_neighbours() {
    let files = Files::new(
        "p/src/pkg/__init__.py p/src/pkg/a.py p/tests/test_a.py p/tests/fakes.py p/tests/unit/test_b.py p/setup.py \
         p/lib/inner.py p/tests/conftest.py",
    );
    for from in ["p/tests/test_a.py", "p/tests/unit/test_b.py", "p/setup.py"] {
        assert_eq!(files.absolute(from, "pkg.a"), "p/src/pkg/a.py");
        assert_eq!(files.absolute(from, "inner"), "p/lib/inner.py");
        assert_eq!(files.absolute(from, "tests.fakes"), "p/tests/fakes.py");
        assert_eq!(files.absolute(from, "tests"), "[p/tests]");
    }
    assert_eq!(files.absolute("p/tests/test_a.py", "fakes"), "p/tests/fakes.py");
    assert_eq!(files.absolute("p/tests/unit/test_b.py", "fakes"), "p/tests/fakes.py");
    assert_eq!(files.absolute("p/tests/unit/test_b.py", "conftest"), "p/tests/conftest.py");
    assert_eq!(files.absolute("p/src/pkg/a.py", "fakes"), "missing", "tests are on nobody's path");
    assert_eq!(files.absolute("p/src/pkg/a.py", "setup"), "p/setup.py");
}

#[test]
fn the_nearest_folder_goes_first() {
    let files = Files::new("p/conf.py p/a/conf.py p/a/b/run.py p/a/src/conf.py p/src/conf.py p/src/only.py p/c/run.py");
    assert_eq!(files.absolute("p/a/b/run.py", "conf"), "p/a/conf.py");
    assert_eq!(files.absolute("p/a/b/run.py", "only"), "p/src/only.py");
    assert_eq!(files.absolute("p/c/run.py", "conf"), "p/conf.py");
    assert_eq!(files.absolute("p/src/only.py", "conf"), "p/src/conf.py");
}

#[test]
fn the_first_regular_package_has_the_name_with_or_without_the_submodule() {
    let files = Files::new("p/pkg/__init__.py p/src/pkg/__init__.py p/src/pkg/a.py p/t/x.py p/q/src/pkg/a.py");
    assert_eq!(files.absolute("p/t/x.py", "pkg"), "p/pkg/__init__.py");
    assert_eq!(files.absolute("p/t/x.py", "pkg.a"), "missing");
    assert_eq!(files.absolute("p/src/pkg/a.py", "pkg.a"), "p/src/pkg/a.py");
}

#[test]
fn packages_side_by_side_see_each_other() {
    let files = Files::new(
        "m/packages/a/src/a/__init__.py m/packages/a/src/a/x.py m/packages/b/src/b/__init__.py \
         m/packages/a/tests/test_a.py m/tools/run.py m/packages/c/src/c.py m/services/s/s/__init__.py",
    );
    for from in ["m/packages/a/src/a/x.py", "m/packages/a/tests/test_a.py", "m/tools/run.py"] {
        assert_eq!(files.absolute(from, "b"), "m/packages/b/src/b/__init__.py");
        assert_eq!(files.absolute(from, "a.x"), "m/packages/a/src/a/x.py");
        assert_eq!(files.absolute(from, "c"), "m/packages/c/src/c.py");
        assert_eq!(files.absolute(from, "s"), "m/services/s/s/__init__.py");
    }
    let apart = |from: &str, dotted: &str| files.ask(from, |layout, from| layout.elsewhere(from, dotted));
    assert_eq!(apart("m/packages/a/src/a/x.py", "a"), "missing", "it is on the path");
    let near = files.ask("m/packages/a/src/a/x.py", |layout, from| layout.on_path(from, "b"));
    assert_eq!(near, "[m/packages/b]", "the folder of the project is called like its package");
}

#[test]
fn of_several_roots_elsewhere_the_nearest_by_path_counts() {
    let files = Files::new(
        "m/a/one/shared/__init__.py m/a/two/app/__init__.py m/b/one/shared/__init__.py m/b/three/shared/__init__.py \
         m/b/two/app/__init__.py m/c/app/__init__.py m/b/four/run.py",
    );
    assert_eq!(files.absolute("m/a/two/app/__init__.py", "shared"), "m/a/one/shared/__init__.py");
    assert_eq!(files.absolute("m/b/two/app/__init__.py", "shared"), "m/b/one/shared/__init__.py");
    assert_eq!(files.absolute("m/b/four/run.py", "shared"), "m/b/one/shared/__init__.py");
    assert_eq!(files.absolute("m/c/app/__init__.py", "shared"), "m/a/one/shared/__init__.py");
}

#[test]
fn scripts_in_different_folders_do_not_see_each_other() {
    let files = Files::new("p/examples/redis.py p/examples/run.py p/pkg/__init__.py p/pkg/cache.py p/pkg/redis.py");
    assert_eq!(files.absolute("p/pkg/cache.py", "redis"), "missing", "neither the example nor its neighbour");
    assert_eq!(files.absolute("p/examples/run.py", "redis"), "p/examples/redis.py");
}

#[test]
fn folders_without_init_are_one_namespace_over_all_roots() {
    let files = Files::new(
        "m/a/company/auth/__init__.py m/a/company/auth/x.py m/b/company/mail/__init__.py m/b/company/mail/y.py \
         m/b/company/plain.py m/c/run.py",
    );
    let from = "m/a/company/auth/x.py";
    assert_eq!(files.absolute(from, "company.auth.x"), "m/a/company/auth/x.py");
    assert_eq!(files.absolute(from, "company.mail.y"), "m/b/company/mail/y.py");
    assert_eq!(files.absolute(from, "company.plain"), "m/b/company/plain.py");
    assert_eq!(files.absolute(from, "company"), "[m/a/company m/b/company]");
    assert_eq!(files.absolute("m/b/company/plain.py", "company"), "[m/b/company m/a/company]", "the own one first");
    assert_eq!(files.absolute("m/c/run.py", "company"), "[m/a/company m/b/company]");
    assert_eq!(files.absolute("m/c/run.py", "company.mail.y"), "m/b/company/mail/y.py");
    assert_eq!(files.absolute("m/c/run.py", "company.other"), "missing");
}

#[test]
fn a_namespace_yields_to_a_regular_package_on_the_path_or_below_it() {
    let files = Files::new(
        "p/pkg/notes.py p/pkg/src/pkg/__init__.py p/run.py p/docs/readme.ipynb p/other/src/x.py p/src/y.py \
         p/tests/fakes.py q/tests/__init__.py p/ns/a.py p/src/ns/__init__.py",
    );
    assert_eq!(files.absolute("p/run.py", "pkg"), "p/pkg/src/pkg/__init__.py");
    assert_eq!(files.absolute("p/run.py", "tests"), "[p/tests]", "the other tests are another project's");
    assert_eq!(files.absolute("p/run.py", "tests.fakes"), "p/tests/fakes.py");
    assert_eq!(files.absolute("p/run.py", "ns"), "p/src/ns/__init__.py");
    assert_eq!(files.absolute("p/run.py", "ns.a"), "missing");
    assert_eq!(files.absolute("p/run.py", "docs"), "missing", "a folder of notebooks holds no module");
}

#[test]
fn a_folder_without_init_in_a_package_is_no_import_root() {
    let files = Files::new(
        "p/pkg/__init__.py p/pkg/hooks/openai/__init__.py p/pkg/hooks/openai/x.py p/pkg/hooks/redis.py p/pkg/a.py \
         p/tests/__init__.py p/tests/projects/one/src/app/__init__.py p/tests/projects/one/src/app/b.py",
    );
    for from in ["p/pkg/hooks/openai/x.py", "p/pkg/hooks/redis.py", "p/pkg/a.py"] {
        assert_eq!(files.absolute(from, "openai"), "missing", "it is an installed package");
        assert_eq!(files.absolute(from, "redis"), "missing");
        assert_eq!(files.absolute(from, "pkg.hooks.redis"), "p/pkg/hooks/redis.py");
    }
    let from = "p/tests/projects/one/src/app/b.py";
    assert_eq!(files.absolute(from, "app"), "p/tests/projects/one/src/app/__init__.py");
    assert_eq!(files.absolute(from, "tests"), "p/tests/__init__.py");
}

#[test]
fn a_package_goes_before_a_module_of_its_name() {
    let files = Files::new("both/__init__.py both.py both/x.py half.py half/x.py main.py");
    assert_eq!(files.absolute("main.py", "both"), "both/__init__.py");
    assert_eq!(files.absolute("main.py", "both.x"), "both/x.py");
    assert_eq!(files.absolute("main.py", "half"), "half.py", "a folder without __init__ comes last");
    assert_eq!(files.absolute("main.py", "half.x"), "missing");
}

#[test]
fn stubs_stand_beside_or_instead_of_modules() {
    let files =
        Files::new("pkg/__init__.py pkg/__init__.pyi pkg/a.py pkg/a.pyi pkg/c.pyi only/__init__.pyi only/d.pyi");
    let from = "pkg/a.py";
    assert_eq!(files.absolute(from, "pkg"), "pkg/__init__.py + pkg/__init__.pyi");
    assert_eq!(files.absolute(from, "pkg.a"), "pkg/a.py + pkg/a.pyi");
    assert_eq!(files.absolute(from, "pkg.c"), "pkg/c.pyi");
    assert_eq!(files.absolute(from, "only.d"), "only/d.pyi");
    assert_eq!(files.relative("pkg/a.pyi", "."), "pkg/__init__.py + pkg/__init__.pyi");
    for (paths, layout) in &files.orders {
        let id = |path: &str| ModuleId(paths.iter().position(|it| it.to_str() == Some(path)).expect("a file") as u32);
        assert_eq!(layout.stub_of(id("pkg/a.py")), Some(id("pkg/a.pyi")));
        assert_eq!(layout.implementation_of(id("pkg/a.pyi")), Some(id("pkg/a.py")));
        assert_eq!(layout.stub_of(id("pkg/a.pyi")), None);
        assert_eq!(layout.implementation_of(id("pkg/c.pyi")), None);
        assert!(layout.is_stub(id("pkg/c.pyi")) && !layout.is_stub(id("pkg/a.py")));
        assert!(layout.is_package(id("only/__init__.pyi")) && !layout.is_package(id("pkg/a.py")));
    }
}

#[test]
fn a_stub_only_package_speaks_of_the_package_it_is_named_for() {
    let files = Files::new(
        "p/foo/__init__.py p/foo/bar.py p/foo/bar.pyi p/foo-stubs/__init__.pyi p/foo-stubs/bar.pyi p/run.py \
         p/typings/far-stubs/near.pyi p/far/__init__.py p/far/near.py p/dep-stubs/__init__.pyi p/dep-stubs/sub/x.pyi",
    );
    assert_eq!(files.absolute("p/run.py", "foo"), "p/foo/__init__.py + p/foo-stubs/__init__.pyi");
    assert_eq!(files.absolute("p/run.py", "foo.bar"), "p/foo/bar.py + p/foo-stubs/bar.pyi", "it goes first");
    assert_eq!(files.relative("p/foo-stubs/bar.pyi", ".bar"), "p/foo/bar.py + p/foo-stubs/bar.pyi");
    assert_eq!(files.absolute("p/run.py", "dep"), "p/dep-stubs/__init__.pyi");
    assert_eq!(files.absolute("p/run.py", "dep.sub.x"), "p/dep-stubs/sub/x.pyi");
    assert_eq!(files.absolute("p/run.py", "far.near"), "p/far/near.py + p/typings/far-stubs/near.pyi");
    assert_eq!(files.absolute("p/run.py", "far"), "p/far/__init__.py");
}

#[test]
fn a_folder_of_python_files_may_end_in_stubs() {
    let files = Files::new("h/foo/setup.py h/foo-stubs/setup.py h/foo-stubs/foo-stubs/__init__.pyi h/foo-stubs/t/x.py");
    assert_eq!(files.absolute("h/foo-stubs/t/x.py", "setup"), "h/foo-stubs/setup.py");
    assert_eq!(files.absolute("h/foo-stubs/t/x.py", "foo"), "h/foo-stubs/foo-stubs/__init__.pyi");
}

#[test]
fn fakes_in_a_folder_called_stubs_are_no_stubs() {
    let files = Files::new("p/tests/stubs/redis.py p/tests/test_x.py p/typings/dep.pyi");
    assert_eq!(files.absolute("p/tests/test_x.py", "redis"), "missing");
    assert_eq!(files.absolute("p/tests/test_x.py", "dep"), "p/typings/dep.pyi");
}

#[test]
fn the_standard_library_yields_to_the_own_import_root_alone() {
    let files = Files::new(
        "p/types.py p/logging/x.py p/app/run.py p/app/queue.py p/v/signal/__init__.py p/run.py p/test/__init__.py",
    );
    assert_eq!(files.absolute("p/app/run.py", "queue"), "p/app/queue.py");
    assert_eq!(files.absolute("p/app/run.py", "types"), "missing");
    assert_eq!(files.absolute("p/app/run.py", "signal"), "missing");
    assert_eq!(files.absolute("p/run.py", "types"), "p/types.py");
    assert_eq!(files.absolute("p/run.py", "logging"), "missing");
    assert_eq!(files.absolute("p/app/run.py", "test"), "p/test/__init__.py", "every project has one");
}

#[test]
fn notebooks_import_and_are_no_modules() {
    let files = Files::new("p/nb.ipynb p/local.py p/src/pkg/__init__.py p/script");
    assert_eq!(files.absolute("p/nb.ipynb", "local"), "p/local.py");
    assert_eq!(files.absolute("p/nb.ipynb", "pkg"), "p/src/pkg/__init__.py");
    assert_eq!(files.absolute("p/local.py", "nb"), "missing");
    assert_eq!(files.absolute("p/local.py", "script"), "missing");
    assert_eq!(files.relative("p/nb.ipynb", ".local"), "missing");
}

#[test]
fn absolute_paths_and_paths_with_dots_are_read() {
    let files = Files::new("/srv/p/pkg/__init__.py /srv/p/run.py");
    assert_eq!(files.absolute("/srv/p/run.py", "pkg"), "/srv/p/pkg/__init__.py");
    let files = Files::new("./p/pkg/__init__.py p/run.py ../q/src/other.py ../q/run.py");
    assert_eq!(files.absolute("p/run.py", "pkg"), "./p/pkg/__init__.py");
    assert_eq!(files.absolute("../q/run.py", "other"), "../q/src/other.py");
}

/// What is quadratic in the files takes minutes here.
#[test]
fn every_module_of_a_large_tree_is_found() {
    let paths: Vec<PathBuf> = (0..30_000)
        .map(|index| match index % 10 {
            0 => format!("/w/d{}/p{}/__init__.py", index / 1000, index / 10),
            digit => format!("/w/d{}/p{}/m{digit}.py", index / 1000, index / 10),
        })
        .map(PathBuf::from)
        .collect();
    let layout = Layout::new(&paths);
    for index in 0..30_000 {
        let other = (index * 7919) % 3000;
        let found = layout.absolute(ModuleId(index), &format!("p{other}.m3"));
        assert_eq!(found, Resolution::Module { id: ModuleId(other * 10 + 3), stub: None });
    }
}
