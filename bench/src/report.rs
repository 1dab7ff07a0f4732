//! The table, the file with its figures, and the comparison with the last one.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

/// Changes smaller than this part are noise.
const NOISE: f64 = 0.1;

/// Figures by their names, in the order of the measurement.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<(String, f64, &'static str)>,
}

impl Report {
    /// Adds a figure, and shows it. `goal` is what it may be at most.
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &'static str, goal: Option<f64>) {
        let goal_text = goal.map_or(String::new(), |goal| {
            format!("at most {goal} {}", if value <= goal { "✓" } else { "✗" })
        });
        println!("{name:<52} {value:>11.2} {unit:<8} {goal_text}");
        self.rows.push((name.to_owned(), value, unit));
    }

    /// Adds a figure that is to be large, and shows it. `goal` is what it is to be at least.
    pub(crate) fn add_rate(&mut self, name: &str, value: f64, unit: &'static str, goal: f64) {
        let met = if value >= goal { "✓" } else { "✗" };
        println!("{name:<52} {value:>11.0} {unit:<8} at least {goal} {met}");
        self.rows.push((name.to_owned(), value, unit));
    }

    /// A figure that was added.
    pub(crate) fn figure(&self, name: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// Shows what has changed since the figures in that file, and puts these in their place.
    pub(crate) fn keep(&self, path: &Path) -> Result<()> {
        let last: BTreeMap<String, f64> = match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(_) => BTreeMap::new(),
        };
        for (name, value, unit) in &self.rows {
            if let Some(before) = last.get(name).filter(|before| (value / **before - 1.0).abs() > NOISE) {
                println!("changed: {name}: {before:.2} -> {value:.2} {unit}");
            }
        }
        let figures: BTreeMap<_, _> = self.rows.iter().map(|(name, value, ..)| (name, value)).collect();
        Ok(std::fs::write(path, serde_json::to_vec_pretty(&figures)?)?)
    }
}
