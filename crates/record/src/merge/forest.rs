//! The processes of several records as one forest: those that match are one node.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::{Process, Record};

/// A node of the forest, in the order in which nodes were added.
pub(super) type Node = usize;

/// Above which node a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Parent {
    /// Above none: its parent was not watched.
    None,
    /// Above one that its record names and does not have.
    Unknown,
    /// Above that one.
    Node(Node),
}

/// What a process has in common with those that match it, below the same parent: its arguments, its
/// executable, and how many such processes its record has before it.
type Key = (Vec<String>, Option<String>, usize);

/// The processes of several records.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// The parent of each node.
    parents: Vec<Parent>,
    /// The process with which watching began.
    root: Option<Node>,
    children: HashMap<Parent, BTreeMap<Key, Node>>,
}

impl Forest {
    /// Adds the processes of a record. The node of each, in the record's order.
    pub(super) fn add(&mut self, record: &Record) -> Vec<Node> {
        let mut placed = Placed {
            forest: self,
            processes: &record.processes,
            nodes: vec![None; record.processes.len()],
            equal: HashMap::new(),
        };
        placed.all(record.root_pid);
        placed.nodes.into_iter().flatten().collect()
    }

    /// The parent of a node. That of the root is in its record.
    pub(super) fn parent(&self, node: Node) -> Option<Parent> {
        (self.root != Some(node)).then(|| self.parents[node])
    }

    /// The place of each node in an order that depends only on what nodes are matched by: the root
    /// first, parents before their children.
    pub(super) fn places(&self) -> Vec<usize> {
        let children = |parent| self.children.get(&parent).into_iter().flat_map(BTreeMap::values);
        let mut places = vec![0; self.parents.len()];
        let mut next = 0;
        let mut left: Vec<Node> = children(Parent::Unknown).rev().copied().collect();
        left.extend(children(Parent::None).rev());
        left.extend(self.root);
        while let Some(node) = left.pop() {
            places[node] = next;
            next += 1;
            left.extend(children(Parent::Node(node)).rev());
        }
        places
    }

    fn node(&mut self, parent: Parent, key: Key) -> Node {
        let next = self.parents.len();
        let node = *self.children.entry(parent).or_default().entry(key).or_insert(next);
        if node == next {
            self.parents.push(parent);
        }
        node
    }
}

/// The processes of one record on their way into the forest.
struct Placed<'f, 'r> {
    forest: &'f mut Forest,
    processes: &'r [Process],
    nodes: Vec<Option<Node>>,
    /// How many there were already of those that are equal.
    equal: HashMap<(Parent, &'r [String], Option<&'r str>), usize>,
}

impl Placed<'_, '_> {
    /// Places the root and what has no parent here, then children below their parents.
    fn all(&mut self, root_pid: u32) {
        let mut first_of: HashMap<u32, usize> = HashMap::new();
        for (index, process) in self.processes.iter().enumerate() {
            first_of.entry(process.pid).or_insert(index);
        }
        let root = first_of.get(&root_pid).copied();
        let mut children_of: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut left = VecDeque::new();
        if let Some(root) = root {
            self.place_root(root);
            left.push_back(root);
        }
        for (index, process) in self.processes.iter().enumerate() {
            if Some(index) == root {
                continue;
            }
            match process.parent_pid.map(|pid| first_of.get(&pid)) {
                Some(Some(parent)) => children_of.entry(*parent).or_default().push(index),
                Some(None) => left.push_back(self.place(index, Parent::Unknown)),
                None => left.push_back(self.place(index, Parent::None)),
            }
        }
        while let Some(parent) = left.pop_front() {
            let Some(node) = self.nodes[parent] else { continue };
            for child in children_of.remove(&parent).unwrap_or_default() {
                left.push_back(self.place(child, Parent::Node(node)));
            }
        }
        self.place_cycles();
    }

    /// Places those whose ancestors are each other, which only a damaged record has.
    fn place_cycles(&mut self) {
        for index in 0..self.processes.len() {
            if self.nodes[index].is_none() {
                self.place(index, Parent::Unknown);
            }
        }
    }

    fn place_root(&mut self, index: usize) {
        let next = self.forest.parents.len();
        let node = *self.forest.root.get_or_insert(next);
        if node == next {
            self.forest.parents.push(Parent::None);
        }
        self.nodes[index] = Some(node);
    }

    fn place(&mut self, index: usize, parent: Parent) -> usize {
        let processes = self.processes;
        let command = &processes[index].command;
        let (arguments, executable) = (&command.arguments, &command.executable);
        let equal = self.equal.entry((parent, arguments, executable.as_deref())).or_default();
        let key = (arguments.clone(), executable.clone(), *equal);
        *equal += 1;
        self.nodes[index] = Some(self.forest.node(parent, key));
        index
    }
}
