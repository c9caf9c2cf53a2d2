//! Accessibility: windows against demand, in two steps of floating catchments.
//!
//! 1. Around each outlet its windows are set against the households that come from within the catchment:
//!    R = windows ÷ Σ households · weight(time).
//! 2. Each place adds up what the outlets around it have to give: A = Σ R · weight(time).
//!
//! So `A` is windows for each household; summed over all households it gives back all windows that somebody
//! reaches. Luo and Wang (2003) give every time within the catchment the weight 1, Luo and Qi (2009,
//! "enhanced") one for each zone of time, Dai (2010) one that falls off like a bell curve.

/// What a way of so many minutes counts, from 1 next door to 0 beyond the catchment.
#[derive(Debug, Clone, PartialEq)]
pub enum Decay {
    /// All within so many minutes alike (Luo and Wang, 2003).
    Within(f64),
    /// Zones by their far edge in minutes, in rising order, with their weights (Luo and Qi, 2009).
    Zones(Vec<(f64, f64)>),
    /// `(e^(-½ (t/t₀)²) − e^(-½)) ÷ (1 − e^(-½))` up to t₀ minutes (Dai, 2010).
    Gaussian(f64),
}

impl Decay {
    /// From 0 to 1. A time that is no number counts nothing.
    pub fn weight(&self, minutes: f64) -> f64 {
        match self {
            Decay::Within(edge) => f64::from(u8::from(minutes <= *edge)),
            Decay::Zones(zones) => {
                zones.iter().find(|(edge, _)| minutes <= *edge).map_or(0.0, |(_, weight)| *weight)
            }
            Decay::Gaussian(edge) => {
                // In a catchment without width only what is next door counts.
                if minutes <= 0.0 && *edge >= 0.0 {
                    return 1.0;
                }
                let far = (-0.5f64).exp();
                let near = (-0.5 * (minutes / edge).powi(2)).exp();
                if minutes <= *edge { (near - far) / (1.0 - far) } else { 0.0 }
            }
        }
    }
}

/// The way from a place of demand to an outlet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    pub place: u32,
    pub outlet: u32,
    pub minutes: f64,
}

/// For each place its windows for each household; 0 where it reaches none. `households` are the places'
/// demand, `windows` the outlets' supply; a way to a place or outlet that isn't there is passed over. Windows
/// in whose catchment nobody lives go to nobody.
pub fn access(households: &[u64], windows: &[f64], ways: &[Way], decay: &Decay) -> Vec<f64> {
    let mut asked = vec![0.0; windows.len()];
    let known = || {
        ways.iter().filter_map(|way| {
            let (place, outlet) = (way.place as usize, way.outlet as usize);
            let there = place < households.len() && outlet < windows.len();
            there.then(|| (place, outlet, decay.weight(way.minutes)))
        })
    };
    for (place, outlet, weight) in known() {
        asked[outlet] += households[place] as f64 * weight;
    }
    let mut found = vec![0.0; households.len()];
    for (place, outlet, weight) in known() {
        if asked[outlet] > 0.0 {
            found[place] += windows[outlet] / asked[outlet] * weight;
        }
    }
    found
}
