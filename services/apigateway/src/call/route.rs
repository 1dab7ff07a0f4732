//! Which resource a path means: fixed parts come before variables, and those before greedy ones, whatever the order in which
//! resources were made.

use std::collections::BTreeMap;

/// Resources as a tree of parts. What stands at a resource is `T`.
pub(crate) struct Tree<T> {
    here: Option<T>,
    fixed: BTreeMap<String, Tree<T>>,
    variable: Option<(String, Box<Tree<T>>)>,
    greedy: Option<(String, T)>,
}

/// What stands for the variables of a path, in their order.
pub(crate) type Variables = Vec<(String, String)>;

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Tree { here: None, fixed: BTreeMap::new(), variable: None, greedy: None }
    }
}

impl<T> Tree<T> {
    /// Puts something at a path of the API: `/trips/{id}`, `/{proxy+}`.
    pub(crate) fn put(&mut self, path: &str, value: T) {
        let mut tree = self;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            match name.map(|name| (name, name.strip_suffix('+'))) {
                Some((_, Some(greedy))) => {
                    tree.greedy = Some((greedy.to_owned(), value));
                    return;
                }
                Some((name, None)) => {
                    tree = &mut *tree.variable.get_or_insert_with(|| (name.to_owned(), Box::default())).1;
                }
                None => tree = tree.fixed.entry(part.to_owned()).or_default(),
            }
        }
        tree.here = Some(value);
    }

    /// The best of what stands at a path and serves: with what stands for its variables.
    pub(crate) fn find(&self, path: &str, serves: impl Fn(&T) -> bool) -> Option<(&T, Variables)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        // A slash at the end changes nothing.
        let path = path.strip_suffix('/').unwrap_or(path);
        let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let mut variables = Vec::new();
        let found = self.walk(&parts, &serves, &mut variables)?;
        Some((found, variables))
    }

    fn walk(&self, parts: &[&str], serves: &dyn Fn(&T) -> bool, variables: &mut Variables) -> Option<&T> {
        let Some((part, rest)) = parts.split_first() else {
            return self.here.as_ref().filter(|here| serves(here));
        };
        if let Some(found) = self.fixed.get(*part).and_then(|tree| tree.walk(rest, serves, variables)) {
            return Some(found);
        }
        let known = variables.len();
        if let Some((name, tree)) = self.variable.as_ref().filter(|_| !part.is_empty()) {
            variables.push((name.clone(), (*part).to_owned()));
            if let Some(found) = tree.walk(rest, serves, variables) {
                return Some(found);
            }
            variables.truncate(known);
        }
        let (name, value) = self.greedy.as_ref().filter(|(_, value)| serves(value))?;
        variables.push((name.clone(), parts.join("/")));
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Tree<String> {
        let mut tree = Tree::default();
        paths.iter().for_each(|path| tree.put(path, (*path).to_owned()));
        tree
    }

    fn found(paths: &[&str], path: &str) -> Option<(String, Vec<String>)> {
        let tree = tree(paths);
        let (found, variables) = tree.find(path, |_| true)?;
        Some((found.clone(), variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect()))
    }

    fn path_of(paths: &[&str], path: &str) -> Option<String> {
        let one = found(paths, path);
        let reversed: Vec<&str> = paths.iter().rev().copied().collect();
        assert_eq!(one, found(&reversed, path), "the order of resources counts for nothing");
        one.map(|(path, _)| path)
    }

    #[test]
    fn the_most_exact_wins() {
        let paths =
            &["/", "/trips", "/trips/{id}", "/trips/{id}/legs", "/trips/new", "/trips/{proxy+}", "/{proxy+}"];
        for (path, wanted) in [
            ("/", "/"),
            ("", "/"),
            ("/trips", "/trips"),
            ("/trips/", "/trips"),
            ("/trips/new", "/trips/new"),
            ("/trips/7", "/trips/{id}"),
            ("/trips/7/legs", "/trips/{id}/legs"),
            ("/trips/7/legs/1", "/trips/{proxy+}"),
            ("/trips/new/legs", "/trips/{id}/legs"),
            ("/else", "/{proxy+}"),
            ("/else/where", "/{proxy+}"),
        ] {
            assert_eq!(path_of(paths, path).as_deref(), Some(wanted), "{path}");
        }
        assert_eq!(path_of(&["/trips"], "/"), None);
        assert_eq!(path_of(&["/{proxy+}"], "/"), None);
    }

    #[test]
    fn variables_have_what_stands_for_them() {
        let (_, variables) = found(&["/{a}/b/{c}"], "/1%2F/b/ä").unwrap();
        assert_eq!(variables, ["a=1%2F", "c=ä"]);
        let (_, variables) = found(&["/x/{rest+}"], "/x/a//b/").unwrap();
        assert_eq!(variables, ["rest=a//b"]);
        let (_, variables) = found(&["/{a}/b", "/{rest+}"], "/1/c").unwrap();
        assert_eq!(variables, ["rest=1/c"], "what was tried leaves nothing behind");
    }

    #[test]
    fn what_does_not_serve_is_passed_over() {
        let tree = tree(&["/trips", "/{proxy+}"]);
        let (found, _) = tree.find("/trips", |path| path != "/trips").unwrap();
        assert_eq!(found, "/{proxy+}");
    }
}
