//! What functions of the standard library give whose arguments say more than any annotation.

use crate::project::expression::Expression;
use crate::project::inference::{Inference, Names};
use crate::project::types::{Kind, Type};
use std::rc::Rc;

impl Inference<'_> {
    /// What functions of the standard library give whose arguments say more than their annotations.
    pub(super) fn special_call(
        &self,
        path: &str,
        function: &Expression,
        positional: &[Expression],
        names: &dyn Names,
    ) -> Option<Type> {
        let infer = |of: &Expression| self.infer(of, names);
        let items = |item: Type| Some(Type::value(Kind::Iterable, vec![item]));
        match (path, positional) {
            ("typing.cast" | "typing_extensions.cast", [ty, _]) => Some(self.annotated(ty, names)),
            ("builtins.getattr", [of, Expression::String(name), ..]) => {
                Some(self.attribute(&infer(of), name)).filter(|ty| !ty.is_unknown())
            }
            ("builtins.next", [of, default]) => Some(Type::join([self.iterated(&infer(of)), infer(default)])),
            ("builtins.next" | "builtins.anext" | "builtins.list" | "builtins.set" | "builtins.tuple", [of])
            | ("builtins.sorted" | "builtins.reversed" | "builtins.iter" | "builtins.frozenset", [of, ..]) => {
                Some(self.builtin_of_iterable(function, &infer(of)))
            }
            ("builtins.filter", [_, of]) => items(self.iterated(&infer(of))),
            ("builtins.map", [of, _, ..]) => items(self.called(&infer(of))),
            ("builtins.enumerate", [of, ..]) => {
                let item = self.iterated(&infer(of));
                items(Type::value(Kind::Tuple, vec![Type::plain(), item]))
            }
            ("builtins.zip", parts) => {
                let parts = parts.iter().map(|part| self.iterated(&infer(part))).collect();
                items(Type::value(Kind::Tuple, parts))
            }
            ("functools.partial" | "functools.partialmethod", [of, ..]) => {
                Some(Type::Callable(Rc::new(self.called(&infer(of)))))
            }
            ("contextlib.aclosing", [of]) => Some(Type::value(Kind::AsyncManager, vec![infer(of)])),
            ("contextlib.closing", [of]) => Some(Type::value(Kind::Manager, vec![infer(of)])),
            ("contextlib.ExitStack.enter_context" | "contextlib.AsyncExitStack.enter_context", [of]) => {
                Some(self.entered(&infer(of)))
            }
            ("contextlib.AsyncExitStack.enter_async_context", [of]) => {
                Some(Type::Coroutine(Rc::new(self.entered_asynchronously(&infer(of)))))
            }
            ("asyncio.create_task" | "asyncio.ensure_future" | "asyncio.shield", [of, ..]) => match infer(of) {
                Type::Coroutine(result) | Type::Awaitable(result) | Type::Future(result) => Some(Type::Future(result)),
                _ => None,
            },
            ("asyncio.wait_for", [of, ..]) => Some(Type::Coroutine(Rc::new(self.awaited(&infer(of))))),
            ("asyncio.run", [of, ..]) => Some(self.awaited(&infer(of))),
            ("asyncio.gather", all) if !all.iter().any(|each| matches!(each, Expression::Starred(_))) => {
                let results = all.iter().map(|each| self.awaited(&infer(each))).collect();
                Some(Type::Future(Rc::new(Type::value(Kind::Tuple, results))))
            }
            ("asyncio.as_completed", [of, ..]) => {
                items(Type::Awaitable(Rc::new(self.awaited(&self.iterated(&infer(of))))))
            }
            _ => None,
        }
    }

    fn builtin_of_iterable(&self, function: &Expression, of: &Type) -> Type {
        let item = match function {
            Expression::Name(name, _) if &**name == "anext" => {
                return Type::Coroutine(Rc::new(self.iterated_asynchronously(of)));
            }
            _ => self.iterated(of),
        };
        match function {
            Expression::Name(name, _) if &**name == "next" => item,
            _ => Type::value(Kind::Iterable, vec![item]),
        }
    }
}
