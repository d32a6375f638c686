/// What the tests stand on: comparing, catching, and a line of JSON for each.
mod gradspec {
    use std::cell::RefCell;
    use std::fmt::Write as _;
    use std::io::{Read, Write as _};
    use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
    use std::time::{Duration, Instant};

    const KIBIBYTES: u64 = 4 << 20;

    /// Entries in a row, and a shape.
    #[derive(Clone, Debug)]
    pub struct Array {
        pub data: Vec<f64>,
        pub shape: Vec<usize>,
    }

    /// What an engine gave: its entries, its shape where that is known, and its epsilon.
    pub struct Seen(Option<(Vec<f64>, Option<Vec<usize>>)>, f64);

    pub trait Found {
        fn seen(&self) -> Seen;
    }
    macro_rules! numbers {
        ($($kind:ty, $epsilon:expr;)*) => {$(
            impl Found for $kind {
                fn seen(&self) -> Seen { Seen(Some((vec![*self as f64], Some(vec![]))), $epsilon) }
            }
            impl Found for Vec<$kind> {
                fn seen(&self) -> Seen { Seen(Some((self.iter().map(|x| *x as f64).collect(), None)), $epsilon) }
            }
            impl Found for (Vec<$kind>, Vec<usize>) {
                fn seen(&self) -> Seen {
                    Seen(Some((self.0.iter().map(|x| *x as f64).collect(), Some(self.1.clone()))), $epsilon)
                }
            }
        )*};
    }
    numbers! { f64, f64::EPSILON; f32, f32::EPSILON as f64; i32, 0.0; i64, 0.0; usize, 0.0; }
    impl Found for bool {
        fn seen(&self) -> Seen { Seen(Some((vec![*self as u8 as f64], Some(vec![]))), 0.0) }
    }
    impl Found for Array {
        fn seen(&self) -> Seen { Seen(Some((self.data.clone(), Some(self.shape.clone()))), f64::EPSILON) }
    }
    impl<T: Found> Found for Option<T> {
        fn seen(&self) -> Seen { self.as_ref().map_or(Seen(None, 0.0), Found::seen) }
    }
    impl<T: Found> Found for &T {
        fn seen(&self) -> Seen { (*self).seen() }
    }

    #[derive(Default)]
    struct State {
        assertions: u32,
        failure: Option<(&'static str, String, String, String)>,
        refusals: Vec<(String, String)>,
    }
    thread_local!(static STATE: RefCell<State> = RefCell::default());

    #[track_caller]
    fn fail(kind: &'static str, message: &str, found: String, expected: String) -> ! {
        let text = format!("{message}: found {found}, expected {expected}");
        STATE.with(|s| s.borrow_mut().failure = Some((kind, message.to_string(), found, expected)));
        panic!("{text}");
    }

    fn count() {
        STATE.with(|s| s.borrow_mut().assertions += 1);
    }

    fn shown(entries: &[f64]) -> String {
        if let [one] = entries { format!("{one:?}") } else { format!("{entries:?}") }
    }

    #[track_caller]
    fn compared(found: &dyn Found, expected: &[f64], shape: &[usize], size: usize, kind: &'static str,
                fits: &dyn Fn(usize, f64, f64) -> bool) {
        count();
        let Seen(seen, epsilon) = found.seen();
        let Some((entries, known)) = seen else {
            fail("missing gradient", "nothing is there", "None".into(), shown(expected));
        };
        if entries.len() != size || known.as_ref().is_some_and(|known| known != shape) {
            fail("shape", "another shape", format!("{:?}", known.unwrap_or(vec![entries.len()])), format!("{shape:?}"));
        }
        if !(0..size).all(|n| fits(n, entries[n], epsilon)) {
            fail(kind, "another value", shown(&entries), shown(expected));
        }
    }

    #[track_caller]
    pub fn equals(found: impl Found, expected: &[f64], shape: &[usize], _: f64, _: f64) {
        compared(&found, expected, shape, expected.len(), "value", &|n, x, _| {
            x == expected[n] || (x.is_nan() && expected[n].is_nan())
        });
    }

    #[track_caller]
    pub fn is_close(found: impl Found, expected: &[f64], shape: &[usize], ulps: f64, scale: f64) {
        let finite = expected.iter().filter(|x| x.is_finite());
        let largest = if scale >= 0.0 { scale } else { finite.fold(0.0, |most: f64, x| most.max(x.abs())) };
        compared(&found, expected, shape, expected.len(), "value", &|n, x, epsilon| {
            let aim = expected[n];
            x == aim || (x.is_nan() && aim.is_nan()) || (x - aim).abs() <= ulps * epsilon * largest
        });
    }

    /// `bounds` are the lower ones and then the upper ones.
    #[track_caller]
    pub fn lies_between(found: impl Found, bounds: &[f64], shape: &[usize], _: f64, _: f64) {
        let size = bounds.len() / 2;
        compared(&found, bounds, &shape[1..], size, "value", &|n, x, _| bounds[n] <= x && x <= bounds[size + n]);
    }

    #[track_caller]
    pub fn is_flag(found: impl Found, expected: &[f64], shape: &[usize], _: f64, _: f64) {
        compared(&found, expected, shape, 1, "flag", &|n, x, _| x == expected[n]);
    }

    #[track_caller]
    pub fn has_shape(found: impl Found, expected: &[f64], _: &[usize], _: f64, _: f64) {
        count();
        let wanted: Vec<usize> = expected.iter().map(|size| *size as usize).collect();
        match found.seen().0 {
            Some((_, Some(shape))) if shape == wanted => {}
            seen => fail("shape", "another shape", format!("{:?}", seen.and_then(|s| s.1)), format!("{wanted:?}")),
        }
    }

    #[track_caller]
    pub fn is_none(found: impl Found, _: &[f64], _: &[usize], _: f64, _: f64) {
        count();
        if let Some((entries, _)) = found.seen().0 {
            fail("unexpected gradient", "something is there", shown(&entries), "None".into());
        }
    }

    #[track_caller]
    pub fn is_none_or_zero(found: impl Found, _: &[f64], _: &[usize], _: f64, _: f64) {
        count();
        match found.seen().0 {
            Some((entries, _)) if entries.iter().any(|x| *x != 0.0) => {
                fail("unexpected gradient", "something arrived", shown(&entries), "nothing, or zeros".into())
            }
            _ => {}
        }
    }

    #[track_caller]
    pub fn is_present(found: impl Found, _: &[f64], _: &[usize], _: f64, _: f64) {
        count();
        if found.seen().0.is_none() {
            fail("missing gradient", "nothing is there", "None".into(), "a tensor".into());
        }
    }

    fn said(error: &(dyn std::any::Any + Send)) -> String {
        let text = error.downcast_ref::<String>().cloned();
        text.or_else(|| error.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or("a panic".into())
    }

    /// Do what may be refused in one of these ways; a demand that fails inside is no refusal.
    pub fn attempt(kinds: &str, body: impl FnOnce()) -> bool {
        match catch_unwind(AssertUnwindSafe(body)) {
            Ok(()) => true,
            Err(error) if STATE.with(|s| s.borrow().failure.is_some()) => resume_unwind(error),
            Err(error) => {
                STATE.with(|s| s.borrow_mut().refusals.push((kinds.into(), said(&*error))));
                false
            }
        }
    }

    /// Do what has to be refused; what the engine says is kept, for a book knows the kinds.
    #[track_caller]
    pub fn refuses(kind: &str, body: impl FnOnce()) {
        count();
        match catch_unwind(AssertUnwindSafe(body)) {
            Ok(()) => fail("no error", "nothing was refused", "no error".into(), kind.into()),
            Err(error) if STATE.with(|s| s.borrow().failure.is_some()) => resume_unwind(error),
            Err(error) => STATE.with(|s| s.borrow_mut().refusals.push((kind.into(), said(&*error)))),
        }
    }

    fn json(text: &str) -> String {
        let mut quoted = String::from("\"");
        for c in text.chars() {
            match c {
                '"' | '\\' => { quoted.push('\\'); quoted.push(c) }
                c if c < ' ' => { let _ = write!(quoted, "\\u{:04x}", c as u32); }
                c => quoted.push(c),
            }
        }
        quoted + "\""
    }

    fn line(id: &str, verdict: &str, more: &[(&str, String)], seconds: f64, state: &State) {
        let version: String = (@VERSION@).to_string();
        let mut text = format!("{{\"gradspec\":\"test/1\",\"edition\":{},\"engine\":{},\"version\":{},\"platform\":{}",
            json(@EDITION@), json(@ENGINE@), json(&version), json(&format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)));
        let _ = write!(text, ",\"id\":{},\"verdict\":{}", json(id), json(verdict));
        for (name, said) in more {
            let _ = write!(text, ",{}:{}", json(name), json(said));
        }
        let refusals: Vec<String> = state.refusals.iter().map(|(k, s)| format!("[{},{}]", json(k), json(s))).collect();
        let _ = write!(text, ",\"refusals\":[{}],\"assertions\":{},\"duration\":{seconds:.6}}}", refusals.join(","), state.assertions);
        println!("\n{text}");
    }

    pub fn left_out(id: &str, reason: &str) {
        line(id, "unsupported", &[("message", format!("no test could be written: {reason}"))], 0.0, &State::default());
    }

    /// Run a test, print its line, and fail as the test runner wants it.
    #[track_caller]
    pub fn test(id: &str, sentence: &str, body: impl FnOnce()) {
        STATE.with(|s| *s.borrow_mut() = State::default());
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(body));
        let seconds = started.elapsed().as_secs_f64();
        let state = STATE.with(|s| std::mem::take(&mut *s.borrow_mut()));
        match (&ended, &state.failure) {
            (_, Some((kind, message, found, expected))) => {
                let more = [("kind", kind.to_string()), ("message", message.clone()), ("found", found.clone()), ("expected", expected.clone())];
                line(id, "failed", &more, seconds, &state);
            }
            (Err(error), None) => {
                line(id, "errored", &[("kind", "raised".into()), ("message", said(&**error))], seconds, &state);
            }
            (Ok(()), None) => line(id, "passed", &[], seconds, &state),
        }
        if let Err(error) = ended {
            let raised = said(&*error);
            resume_unwind(Box::new(format!("{id}: {sentence}\n{raised}")));
        }
    }

    /// Run a test in a process of its own, bounded in time and memory.
    #[track_caller]
    pub fn apart(id: &str, path: &str, sentence: &str, most: u64, body: impl FnOnce()) {
        if std::env::var("GRADSPEC_APART").is_ok_and(|one| one == id) {
            return test(id, sentence, body);
        }
        let name = path.split_once("::").map_or(path, |(_, name)| name);
        let me = std::env::current_exe().expect("the path of this program");
        let mut command = if cfg!(unix) {
            let mut shell = std::process::Command::new("sh");
            shell.arg("-c").arg(format!("ulimit -v {KIBIBYTES}; exec \"$0\" \"$@\"")).arg(me);
            shell
        } else {
            std::process::Command::new(me)
        };
        let started = Instant::now();
        let mut child = command.args([name, "--exact", "--nocapture", "--test-threads=1"])
            .env("GRADSPEC_APART", id).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped())
            .spawn().expect("a process");
        let mut errors = child.stderr.take().expect("its errors");
        let told = std::thread::spawn(move || { let mut text = String::new(); let _ = errors.read_to_string(&mut text); text });
        let ended = loop {
            match child.try_wait().expect("its end") {
                Some(status) => break Some(status),
                None if started.elapsed() > Duration::from_secs(most) => { let _ = child.kill(); let _ = child.wait(); break None }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut output = String::new();
        let _ = child.stdout.take().expect("its output").read_to_string(&mut output);
        let seconds = started.elapsed().as_secs_f64();
        match (ended, output.lines().find(|l| l.starts_with("{\"gradspec\""))) {
            (_, Some(found)) => println!("\n{found}"),
            (None, _) => line(id, "timed_out", &[("kind", "timeout".into()), ("message", format!("it took more than {most} seconds"))], seconds, &State::default()),
            (Some(status), _) => line(id, "crashed", &[("kind", "exit".into()), ("message", format!("its process ended: {status}"))], seconds, &State::default()),
        }
        if !ended.is_some_and(|status| status.success()) {
            panic!("{id}: {sentence}\n{}", told.join().unwrap_or_default());
        }
    }
}
