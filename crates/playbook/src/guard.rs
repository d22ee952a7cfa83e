//! Keeps one operation of a script from needing more memory than there is.
//!
//! The engine counts ticks and looks at its heap every thousand ticks only, and a failed
//! allocation would end the whole daemon. So a script is changed before it is compiled: operators
//! and methods whose result can be a multiple of what goes in (`*`, `+`, `join`, `replace` …) ask
//! for room first, and so do copies of large values. The changes keep every line where it is.

use crate::limits;
use crate::mind::Mind;
use starlark::codemap::Span;
use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::syntax::ast::{AssignOp, AssignTargetP, AstExpr, AstStmt, ExprP, LambdaP, StmtP};
use starlark::syntax::{AstModule, Dialect};
use starlark::values::Value;
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::structs::StructRef;
use starlark::values::tuple::TupleRef;
use std::collections::{BTreeSet, HashMap};

/// Names that a script may not use, because the changed script does.
const OURS: &str = "legwork__";
/// Methods whose result, or whose object afterwards, can be a multiple of what goes in.
pub(crate) const GUARDED: [&str; 5] = ["join", "replace", "format", "extend", "update"];

/// A script that may be evaluated.
pub(crate) struct Guarded {
    pub(crate) ast: AstModule,
    /// The attributes of `tools` that the script names.
    pub(crate) tools: BTreeSet<String>,
}

/// Why a source cannot be a script.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{0}")]
    Syntax(starlark::Error),
    #[error("line {line} is nested too deeply")]
    Nested { line: usize },
    #[error("line {line}: names that start with {OURS} are taken")]
    NameTaken { line: usize },
    #[error("line {line}: {operator} is not known here; write it as x = x … y")]
    Operator { line: usize, operator: &'static str },
    #[error("line {line}: no comment may stand within these parentheses")]
    Parentheses { line: usize },
    #[error("line {line}: what += changes must not be found by a call; name it first")]
    CallInTarget { line: usize },
}

/// Parses a source and puts the guards in.
pub(crate) fn parse(source: &str) -> Result<Guarded, SourceError> {
    nesting(source)?;
    if let Some(at) = source.find(OURS) {
        return Err(SourceError::NameTaken { line: source[..at].matches('\n').count() + 1 });
    }
    let dialect = Dialect { enable_load: false, enable_top_level_stmt: true, ..Dialect::Standard };
    let parse = |text: String| {
        AstModule::parse(crate::mind::SOURCE_NAME, text, &dialect).map_err(SourceError::Syntax)
    };
    let plain = parse(source.to_owned())?;
    let mut edits = Edits { source, list: vec![], tools: BTreeSet::new(), error: None };
    edits.statement(plain.statement())?;
    plain.statement().visit_expr(|expr| edits.expr(expr));
    if let Some(error) = edits.error {
        return Err(error);
    }
    let tools = std::mem::take(&mut edits.tools);
    let mut ast = parse(edits.applied())?;
    let replace = [("+", "add"), ("*", "multiply"), ("%", "percent"), ("<<", "shift")];
    let replace = replace.map(|(operator, name)| (operator.to_owned(), format!("{OURS}{name}")));
    ast.replace_binary_operators(&HashMap::from(replace));
    Ok(Guarded { ast, tools })
}

/// The parser and the compiler recurse, so what is nested too deeply is refused before they see it.
fn nesting(source: &str) -> Result<(), SourceError> {
    let mut line = 1;
    let mut open = 0_usize;
    // Operators and words since the last place where a tree cannot grow across.
    let mut parts = 0_usize;
    let mut indent = 0_usize;
    let mut at_start = true;
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '#' => while letters.next_if(|&letter| letter != '\n').is_some() {},
            '"' | '\'' => line += skip_text(letter, &mut letters),
            '(' | '[' | '{' => (open, parts) = (open + 1, parts + 1),
            ')' | ']' | '}' => open = open.saturating_sub(1),
            ',' => parts = 0,
            '\n' => {
                line += 1;
                if open == 0 {
                    (parts, indent, at_start) = (0, 0, true);
                }
            }
            ' ' | '\t' if at_start => indent += 1,
            letter if letter.is_alphanumeric() || letter == '_' => {
                while letters.next_if(|&l| l.is_alphanumeric() || l == '_').is_some() {}
                parts += 1;
            }
            letter if letter.is_whitespace() => {}
            _ => parts += 1,
        }
        at_start = at_start && matches!(letter, ' ' | '\t' | '\n');
        let too_deep = open > limits::NESTING_MAX || parts > limits::LINE_PARTS_MAX;
        if too_deep || indent > 4 * limits::NESTING_MAX {
            return Err(SourceError::Nested { line });
        }
    }
    Ok(())
}

/// Skips a text literal after its first quote and counts the line ends in it.
fn skip_text(quote: char, letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> usize {
    let mut quotes = 1;
    while quotes < 3 && letters.next_if_eq(&quote).is_some() {
        quotes += 1;
    }
    if quotes == 2 {
        return 0;
    }
    let (mut seen, mut lines) = (0, 0);
    while let Some(letter) = letters.next() {
        seen = if letter == quote { seen + 1 } else { 0 };
        match letter {
            '\\' => lines += usize::from(letters.next() == Some('\n')),
            '\n' if quotes == 1 => return lines + 1,
            '\n' => lines += 1,
            _ => {}
        }
        if seen == quotes {
            break;
        }
    }
    lines
}

/// What is changed in a source: at a byte, so many bytes go and a text comes.
struct Edits<'s> {
    source: &'s str,
    list: Vec<(usize, usize, String)>,
    tools: BTreeSet<String>,
    error: Option<SourceError>,
}

impl Edits<'_> {
    fn applied(mut self) -> String {
        self.list.sort_by_key(|&(at, _, _)| at);
        let mut text = String::with_capacity(self.source.len() * 2);
        let mut done = 0;
        for (at, gone, new) in self.list {
            text.push_str(&self.source[done..at]);
            text.push_str(&new);
            done = at + gone;
        }
        text.push_str(&self.source[done..]);
        text
    }

    fn wrap(&mut self, span: Span, function: &str) {
        // Outer calls are seen first, so at one place theirs must open first and close last.
        // The span of a tuple leaves out its parentheses.
        self.list.push((begin(span), 0, format!("{OURS}{function}((")));
        let last = self.list.iter().position(|&(at, gone, _)| at == end(span) && gone == 0);
        self.list.insert(last.unwrap_or(self.list.len()), (end(span), 0, "))".to_owned()));
    }

    fn line(&self, span: Span) -> usize {
        self.source[..begin(span)].matches('\n').count() + 1
    }

    fn statement(&mut self, statement: &AstStmt) -> Result<(), SourceError> {
        if let StmtP::AssignModify(target, operator, value) = &statement.node {
            let line = self.line(statement.span);
            let refused = match operator {
                AssignOp::Multiply => Some("*="),
                AssignOp::Percent => Some("%="),
                AssignOp::LeftShift => Some("<<="),
                AssignOp::Add
                | AssignOp::Subtract
                | AssignOp::Divide
                | AssignOp::FloorDivide
                | AssignOp::BitAnd
                | AssignOp::BitOr
                | AssignOp::BitXor
                | AssignOp::RightShift => None,
            };
            if let Some(operator) = refused {
                return Err(SourceError::Operator { line, operator });
            }
            if *operator == AssignOp::Add {
                if target_calls(&target.node) {
                    return Err(SourceError::CallInTarget { line });
                }
                let name = &self.source[begin(target.span)..end(target.span)];
                self.list.push((begin(value.span), 0, format!("{OURS}grow({name}, (")));
                self.list.push((end(value.span), 0, "))".to_owned()));
            }
        }
        let mut result = Ok(());
        statement.visit_stmt(|inner| {
            if result.is_ok() {
                result = self.statement(inner);
            }
        });
        result
    }

    fn expr(&mut self, expr: &AstExpr) {
        match &expr.node {
            ExprP::Dot(value, name) => self.dot(value, name.span, &name.node),
            ExprP::Slice(value, ..) => self.wrap(value.span, "big"),
            ExprP::Lambda(LambdaP { body, .. }) => self.wrap(body.span, "big"),
            ExprP::ListComprehension(item, ..) => self.wrap(item.span, "big"),
            ExprP::DictComprehension(item, ..) => self.wrap(item.1.span, "big"),
            _ => {}
        }
        expr.visit_expr(|inner| self.expr(inner));
    }

    fn dot(&mut self, value: &AstExpr, name_span: Span, name: &str) {
        if let ExprP::Identifier(module) = &value.node
            && matches!(module.node.ident.as_str(), "tools" | "json")
        {
            if module.node.ident == "tools" {
                self.tools.insert(name.to_owned());
            }
            return;
        }
        if GUARDED.contains(&name) {
            let between = &self.source[end(value.span)..end(name_span)];
            let lines = "\n".repeat(between.matches('\n').count());
            // The span of a value leaves out the parentheses around it; they go inside the call.
            let closed = between.matches(')').count();
            let mut start = begin(value.span);
            for _ in 0..closed {
                let before = self.source[..start].trim_end();
                if !before.ends_with('(') {
                    let line = self.line(name_span);
                    self.error.get_or_insert(SourceError::Parentheses { line });
                    return;
                }
                start = before.len() - 1;
            }
            let tail = format!("{}, \"{name}\"{lines})", ")".repeat(closed));
            self.list.push((start, 0, format!("{OURS}method(")));
            self.list.push((end(value.span), between.len(), tail));
        } else {
            self.wrap(value.span, "big");
        }
    }
}

fn begin(span: Span) -> usize {
    usize::try_from(span.begin().get()).unwrap_or(usize::MAX)
}

fn end(span: Span) -> usize {
    usize::try_from(span.end().get()).unwrap_or(usize::MAX)
}

fn target_calls(target: &AssignTargetP<starlark::syntax::ast::AstNoPayload>) -> bool {
    fn calls(expr: &AstExpr) -> bool {
        let mut found = matches!(expr.node, ExprP::Call(..));
        expr.visit_expr(|inner| found = found || calls(inner));
        found
    }
    match target {
        AssignTargetP::Index(parts) => calls(&parts.0) || calls(&parts.1),
        AssignTargetP::Dot(value, _) => calls(value),
        AssignTargetP::Tuple(_) | AssignTargetP::Identifier(_) => false,
    }
}

/// Values smaller than this are not worth a look at the heap: ticks bound how many there are.
const SMALL: usize = 16 * 1024;

/// Ends the script if `bytes` more would not fit, or if one value would be too large.
fn room(eval: &mut Evaluator<'_, '_, '_>, bytes: usize, items: usize) -> starlark::Result<()> {
    let mind = Mind::current()?;
    if bytes > limits::TEXT_BYTES_MAX.max(8 * limits::ITEMS_MAX) || items > limits::ITEMS_MAX {
        return Err(mind.over_memory());
    }
    let used = eval.heap().allocated_bytes();
    if bytes > SMALL && used.saturating_add(bytes) > mind.limits.heap_bytes_max {
        return Err(mind.over_memory());
    }
    Ok(())
}

/// Bytes of a text, or entries of a list and the like.
enum Extent {
    Bytes(usize),
    Items(usize),
    Neither,
}

fn extent(value: Value<'_>) -> Extent {
    if let Some(text) = value.unpack_str() {
        return Extent::Bytes(text.len());
    }
    // Only these have a length; asking others makes an error, which is dear.
    if !matches!(value.get_type(), "list" | "dict" | "tuple" | "range" | "set") {
        return Extent::Neither;
    }
    let length = value.length().map(usize::try_from);
    length.map_or(Extent::Neither, |length| Extent::Items(length.unwrap_or(0)))
}

/// At most how long the value is as a text; counting stops where it is too long anyway.
fn printed(value: Value<'_>) -> usize {
    fn count(value: Value<'_>, depth: usize, sum: &mut usize) {
        if *sum > limits::TEXT_BYTES_MAX || depth > limits::JSON_DEPTH_MAX {
            *sum = sum.saturating_add(limits::TEXT_BYTES_MAX);
        } else if let Some(text) = value.unpack_str() {
            // Within a list a text is quoted, and each letter may be escaped.
            let letters = if depth == 0 { text.len() } else { 4 * text.len() + 4 };
            *sum = sum.saturating_add(letters);
        } else if let Some(list) = ListRef::from_value(value) {
            list.iter().for_each(|item| count(item, depth + 1, sum));
        } else if let Some(tuple) = TupleRef::from_value(value) {
            tuple.iter().for_each(|item| count(item, depth + 1, sum));
        } else if let Some(dict) = DictRef::from_value(value) {
            for (key, item) in dict.iter() {
                count(key, depth + 1, sum);
                count(item, depth + 1, sum);
            }
        } else if let Some(fields) = StructRef::from_value(value) {
            fields.iter().for_each(|(_, item)| count(item, depth + 1, sum));
        }
        *sum = sum.saturating_add(32);
    }
    let mut sum = 0;
    count(value, 0, &mut sum);
    sum
}

/// Bytes and entries that the call `name` on these values may make.
fn needed(name: &str, values: &[Value<'_>]) -> (usize, usize) {
    let bytes = |value: &Value<'_>| match extent(*value) {
        Extent::Bytes(bytes) => bytes,
        Extent::Items(_) | Extent::Neither => 0,
    };
    let items = |value: &Value<'_>| match extent(*value) {
        Extent::Items(items) | Extent::Bytes(items) => items,
        Extent::Neither => 0,
    };
    match (name, values) {
        ("join", [separator, list]) => {
            let mut sum = items(list).saturating_mul(bytes(separator));
            if let Some(list) = ListRef::from_value(*list) {
                sum = sum.saturating_add(list.iter().map(|item| bytes(&item)).sum());
            } else if let Some(tuple) = TupleRef::from_value(*list) {
                sum = sum.saturating_add(tuple.iter().map(|item| bytes(&item)).sum());
            }
            (sum, 0)
        }
        ("replace", [text, old, new, ..]) => {
            let times = match (text.unpack_str(), old.unpack_str()) {
                (Some(text), Some(old)) => text.matches(old).count(),
                _ => 0,
            };
            (bytes(text).saturating_add(times.saturating_mul(bytes(new))), 0)
        }
        ("format", [pattern, values @ ..]) => {
            let holes = pattern.unpack_str().map_or(0, |text| text.matches('{').count());
            let largest = values.iter().map(|value| printed(*value)).max().unwrap_or(0);
            (bytes(pattern).saturating_add(holes.saturating_mul(largest)), 0)
        }
        ("extend" | "update", [object, more, ..]) => (0, items(object) + items(more)),
        ("text", values) => (values.iter().map(|value| printed(*value)).sum(), 0),
        (_, values) => {
            let sum = values.iter().map(items).sum::<usize>();
            (sum.saturating_mul(size_of::<usize>()), sum)
        }
    }
}

/// What the prelude asks for room with.
#[starlark_module]
pub(crate) fn room_function(builder: &mut GlobalsBuilder) {
    fn room<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] values: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let (bytes, items) = match (ListRef::from_value(values), TupleRef::from_value(values)) {
            (Some(list), _) => needed(name, list.content()),
            (None, Some(tuple)) => needed(name, tuple.content()),
            (None, None) => (0, 0),
        };
        room(eval, bytes, items)?;
        Ok(Value::new_none())
    }
}

/// What a changed script calls instead of an operator.
#[starlark_module]
pub(crate) fn operators(builder: &mut GlobalsBuilder) {
    fn legwork__add<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        room_to_add(left, right, eval)?;
        left.add(right, eval.heap())
    }

    fn legwork__grow<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        room_to_add(left, right, eval)?;
        Ok(right)
    }

    fn legwork__multiply<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if let (Some(_), Some(_)) = (left.unpack_i32(), right.unpack_i32()) {
            return left.mul(right, eval.heap());
        }
        let times =
            |value: Value<'v>| usize::try_from(value.unpack_i32().unwrap_or(0)).unwrap_or(0);
        match (extent(left), extent(right)) {
            (Extent::Bytes(bytes), _) => room(eval, bytes.saturating_mul(times(right)), 0)?,
            (_, Extent::Bytes(bytes)) => room(eval, bytes.saturating_mul(times(left)), 0)?,
            (Extent::Items(items), _) => room_for_items(eval, items, times(right))?,
            (_, Extent::Items(items)) => room_for_items(eval, items, times(left))?,
            (Extent::Neither, Extent::Neither) => digits(left, right)?,
        }
        left.mul(right, eval.heap())
    }
}

/// The rest of them.
#[starlark_module]
pub(crate) fn more_operators(builder: &mut GlobalsBuilder) {
    fn legwork__percent<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(pattern) = left.unpack_str() {
            let holes = pattern.matches('%').count();
            let bytes = match TupleRef::from_value(right) {
                Some(parts) => parts.iter().map(printed).sum(),
                None => holes.saturating_mul(printed(right)),
            };
            room(eval, bytes.saturating_add(pattern.len()), 0)?;
        }
        left.percent(right, eval.heap())
    }

    fn legwork__shift<'v>(
        #[starlark(require = pos)] left: Value<'v>,
        #[starlark(require = pos)] right: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        const BITS_MAX: i32 = 4096;
        if right.unpack_i32().is_none_or(|bits| bits > BITS_MAX) {
            return Err(Mind::current()?.over_memory());
        }
        digits(left, right)?;
        left.left_shift(right, eval.heap())
    }

    fn legwork__big<'v>(
        #[starlark(require = pos)] value: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        match extent(value) {
            Extent::Bytes(bytes) if bytes > SMALL => room(eval, bytes, 0)?,
            Extent::Items(items) if items > SMALL / size_of::<usize>() => {
                room_for_items(eval, items, 1)?;
            }
            Extent::Bytes(_) | Extent::Items(_) | Extent::Neither => {}
        }
        Ok(value)
    }
}

fn room_to_add<'v>(
    left: Value<'v>,
    right: Value<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<()> {
    match (extent(left), extent(right)) {
        (Extent::Bytes(left), Extent::Bytes(right)) => room(eval, left.saturating_add(right), 0),
        (Extent::Items(left), Extent::Items(right)) => {
            room_for_items(eval, left.saturating_add(right), 1)
        }
        _ => Ok(()),
    }
}

fn room_for_items(
    eval: &mut Evaluator<'_, '_, '_>,
    items: usize,
    times: usize,
) -> starlark::Result<()> {
    let items = items.saturating_mul(times);
    room(eval, items.saturating_mul(size_of::<usize>()), items)
}

/// Whole numbers may be large, but not so large that one multiplication takes seconds.
fn digits(left: Value, right: Value) -> starlark::Result<()> {
    const DIGITS_MAX: usize = 4096;
    let long = |value: Value| {
        value.get_type() == "int"
            && value.unpack_i32().is_none()
            && value.to_str().len() > DIGITS_MAX
    };
    if long(left) || long(right) { Err(Mind::current()?.over_memory()) } else { Ok(()) }
}
