//! A tape of numbers: the engine of the tests of generated Rust.
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::rc::Rc;

struct Node {
    data: f64,
    grad: Cell<f64>,
    parents: Vec<(Value, f64)>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut left = std::mem::take(&mut self.parents); // a long chain, one after the other
        while let Some((value, _)) = left.pop() {
            if let Ok(mut node) = Rc::try_unwrap(value.0) {
                left.append(&mut node.parents);
            }
        }
    }
}

#[derive(Clone)]
pub struct Value(Rc<Node>);

thread_local!(static WRONG: RefCell<String> = RefCell::new(std::env::var("TOY_WRONG").unwrap_or_default()));

fn wrong(name: &str) -> bool {
    WRONG.with(|w| *w.borrow() == name)
}

impl Value {
    pub fn new(data: f64) -> Value {
        Value::made(data, vec![])
    }

    fn made(data: f64, parents: Vec<(Value, f64)>) -> Value {
        Value(Rc::new(Node { data, grad: Cell::new(0.0), parents }))
    }

    pub fn data(&self) -> f64 {
        self.0.data
    }

    pub fn grad(&self) -> f64 {
        self.0.grad.get()
    }

    pub fn clear(&self) {
        self.0.grad.set(0.0);
    }

    pub fn relu(&self) -> Value {
        Value::made(self.data().max(0.0), vec![(self.clone(), f64::from(self.data() > 0.0))])
    }

    pub fn pow(&self, exponent: f64) -> Value {
        let slope = if exponent == 0.0 { 0.0 } else { exponent * self.data().powf(exponent - 1.0) };
        Value::made(self.data().powf(exponent), vec![(self.clone(), slope)])
    }

    /// Add to the gradient of each leaf what the root makes of it.
    pub fn backward(&self) {
        let order = self.in_order();
        let mut flows: std::collections::HashMap<*const Node, f64> = [(Rc::as_ptr(&self.0), 1.0)].into();
        for value in order.iter().rev() {
            let flow = flows.get(&Rc::as_ptr(&value.0)).copied().unwrap_or(0.0);
            if value.0.parents.is_empty() {
                value.0.grad.set(if wrong("overwrites") { flow } else { value.grad() + flow });
            }
            for (parent, slope) in &value.0.parents {
                *flows.entry(Rc::as_ptr(&parent.0)).or_default() += flow * slope;
            }
        }
    }

    fn in_order(&self) -> Vec<Value> {
        let (mut order, mut seen, mut stack) = (vec![], HashSet::new(), vec![(self.clone(), false)]);
        while let Some((value, done)) = stack.pop() {
            if done {
                order.push(value);
            } else if seen.insert(Rc::as_ptr(&value.0)) {
                stack.push((value.clone(), true));
                stack.extend(value.0.parents.iter().map(|(parent, _)| (parent.clone(), false)));
            }
        }
        order
    }
}

macro_rules! binary {
    ($trait:ident, $name:ident, |$a:ident, $b:ident| $value:expr, $left:expr, $right:expr) => {
        impl $trait for &Value {
            type Output = Value;
            fn $name(self, other: &Value) -> Value {
                let ($a, $b) = (self.data(), other.data());
                Value::made($value, vec![(self.clone(), $left), (other.clone(), $right)])
            }
        }
    };
}
binary!(Add, add, |a, b| a + b, 1.0, 1.0);
binary!(Sub, sub, |a, b| a - b, 1.0, if wrong("sign") { 1.0 } else { -1.0 });
binary!(Mul, mul, |a, b| a * b, b, a);
binary!(Div, div, |a, b| a / b, 1.0 / b, -a / (b * b));

impl Neg for &Value {
    type Output = Value;
    fn neg(self) -> Value {
        Value::made(-self.data(), vec![(self.clone(), -1.0)])
    }
}
