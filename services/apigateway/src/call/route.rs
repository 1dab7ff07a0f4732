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
    use proptest::prelude::*;

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

    /// Which of some paths serves one, as the rule says: part by part, a fixed one comes before a variable, that before a greedy
    /// one, and what leads nowhere further on is passed over.
    fn by_rule<'a>(paths: &'a [String], path: &str) -> Option<&'a str> {
        let parts: Vec<&str> = path.split('/').skip(1).filter(|part| !part.is_empty()).collect();
        let rank = |pattern: &str| {
            let own: Vec<&str> = pattern.split('/').skip(1).filter(|part| !part.is_empty()).collect();
            let mut ranks = Vec::new();
            for (at, part) in own.iter().enumerate() {
                match part.strip_prefix('{') {
                    Some(name) if name.ends_with("+}") => {
                        ranks.push(2);
                        return (at < parts.len()).then_some(ranks);
                    }
                    Some(_) => ranks.push(1),
                    None => ranks.push(0),
                }
                let given = parts.get(at)?;
                if ranks.last() == Some(&0) && given != part {
                    return None;
                }
            }
            (own.len() == parts.len()).then_some(ranks)
        };
        let ranked = paths.iter().filter_map(|path| Some((rank(path)?, path.as_str())));
        ranked.min().map(|(_, path)| path)
    }

    proptest! {
        #[test]
        fn any_resources_in_any_order(
            paths in prop::collection::btree_set("(/(a|b|[{]v[}])){0,3}(/[{]p[+][}])?", 0..8),
            path in "(/(a|b|c)){0,4}",
        ) {
            let paths: Vec<String> = paths.into_iter().map(|path| if path.is_empty() { "/".into() } else { path }).collect();
            let paths_by_name: Vec<&str> = paths.iter().map(String::as_str).collect();
            let found = path_of(&paths_by_name, &path);
            prop_assert_eq!(found.as_deref(), by_rule(&paths, &path), "{:?}", paths);
        }
    }
}
