use std::collections::BTreeMap;

use geo::InteriorPoint;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use uuid::Uuid;

use super::{MadeBanner, frame};
use crate::domain::{
    Area, AreaType, Code, Level, OsmHours, OutletKind, Service, ServiceKind, ServiceMode, Unit, Utility,
};

/// An outlet that doesn't exist: its name says 示例 (example).
#[derive(Debug, Clone, PartialEq)]
pub struct MadeOutlet {
    pub id: Uuid,
    pub area: Code,
    pub kind: OutletKind,
    pub name: String,
    /// Longitude and latitude.
    pub at: (f64, f64),
    pub opening_hours: Option<OsmHours>,
    pub calendar: Option<OsmHours>,
    pub windows: u32,
    pub capacity: Option<u32>,
    /// Codes of what it offers, of the made catalogue.
    pub items: Vec<String>,
}

/// Organs and institutions of a township, made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeBody {
    pub area: Code,
    pub organs: u32,
    pub institutions: u32,
}

/// Powers handed down to townships.
const DELEGATED: usize = 99;
const PUBLIC: usize = 20;
const UTILITIES: [(Utility, &str); 4] = [
    (Utility::Water, "供水报装与缴费"),
    (Utility::Electricity, "供电报装与缴费"),
    (Utility::Gas, "燃气报装与缴费"),
    (Utility::Heating, "供热报装与缴费"),
];
const OFFICE: &str = "Mo-Fr 08:30-12:00,14:30-17:30; PH off";
const CALENDARS: [&str; 3] =
    ["May-Sep We[1,3] 10:00-15:00", "Tu[2] 10:00-14:00", "week 1-53/2 Th 10:00-15:00"];

/// The made catalogue: 99 delegated powers, public services, and utilities; each name says 示例.
pub fn services() -> Vec<Service> {
    let modes = |at: usize| {
        let mut modes = vec![ServiceMode::ALL[at % 4]];
        modes.extend(at.is_multiple_of(3).then_some(ServiceMode::ALL[(at + 1) % 4]));
        modes.sort_unstable();
        modes
    };
    let item = |code: String, name: String, at: usize, kind, utility| Service {
        online: modes(at).contains(&ServiceMode::Online),
        modes: modes(at),
        delegated: kind == ServiceKind::Approval,
        code,
        name,
        kind,
        utility,
        synthetic: true,
    };
    let approvals = (1..=DELEGATED)
        .map(|at| item(power(at), format!("示例下放事项{at:02}"), at, ServiceKind::Approval, None));
    let public = (1..=PUBLIC)
        .map(|at| item(public(at), format!("示例公共服务{at:02}"), at, ServiceKind::PublicService, None));
    let utilities = UTILITIES.iter().enumerate().map(|(at, (utility, name))| {
        let code = format!("U{:03}", at + 1);
        item(code, format!("示例{name}"), at, ServiceKind::Utility, Some(*utility))
    });
    approvals.chain(public).chain(utilities).collect()
}

fn power(at: usize) -> String {
    format!("D{at:03}")
}

fn public(at: usize) -> String {
    format!("P{at:03}")
}

/// Outlets of a made banner: a centre in each township, a station in most villages, agent points and mobile stops where
/// herders live, a seal and a bureau in most townships. The same seed gives the same ones.
pub fn outlets(made: &MadeBanner, seed: u64) -> (Vec<MadeOutlet>, Vec<MadeBody>) {
    let Some(banner) = made.areas.first().map(|area| area.code.at(Level::Banner)) else {
        return (Vec::new(), Vec::new());
    };
    let mut homes: BTreeMap<&Code, Vec<&Unit>> = BTreeMap::new();
    for unit in &made.units {
        homes.entry(&unit.village).or_default().push(unit);
    }
    // The most peopled first.
    for units in homes.values_mut() {
        units.sort_by(|a, b| b.households.cmp(&a.households).then_with(|| a.code.cmp(&b.code)));
    }
    let mut maker =
        Maker { generator: frame::generator(seed, &banner, 50), outlets: Vec::new(), bodies: Vec::new() };
    let first = maker.generator.random_range(0..ROUND.len());
    let townships = made.areas.iter().filter(|area| area.code.level() == Level::Township);
    for (township, served) in townships.zip(ROUND.into_iter().cycle().skip(first)) {
        let villages: Vec<(&Area, &[&Unit])> = made
            .areas
            .iter()
            .filter(|area| area.kind.is_some() && township.code.covers(&area.code))
            .filter_map(|area| Some((area, homes.get(&area.code)?.as_slice())))
            .collect();
        maker.township(township, &villages);
        for (village, units) in villages {
            maker.village(village, units, served);
        }
    }
    (maker.outlets, maker.bodies)
}

/// So that a map of coverage has something of each class to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    AsUsual,
    ByAgents,
    ByStops,
    ByNothing,
}

/// The pastoral villages of one township after the other.
const ROUND: [Served; 5] =
    [Served::ByNothing, Served::AsUsual, Served::ByAgents, Served::AsUsual, Served::ByStops];

struct Maker {
    generator: Pcg64Mcg,
    outlets: Vec<MadeOutlet>,
    bodies: Vec<MadeBody>,
}

impl Maker {
    fn chance(&mut self, percent: u32) -> bool {
        self.generator.random_range(0..100) < percent
    }

    fn outlet(
        &mut self,
        area: &Code,
        kind: OutletKind,
        name: String,
        unit: &Unit,
    ) -> Option<&mut MadeOutlet> {
        let point = unit.outline.interior_point()?;
        self.outlets.push(MadeOutlet {
            id: uuid::Builder::from_random_bytes(self.generator.random()).into_uuid(),
            area: area.clone(),
            kind,
            name,
            at: (point.x(), point.y()),
            opening_hours: None,
            calendar: None,
            windows: 0,
            capacity: None,
            items: Vec::new(),
        });
        self.outlets.last_mut()
    }

    fn township(&mut self, township: &Area, villages: &[(&Area, &[&Unit])]) {
        let people = |units: &[&Unit]| units.iter().map(|unit| u64::from(unit.households)).sum::<u64>();
        let seat = villages.iter().max_by_key(|(area, units)| (people(units), std::cmp::Reverse(&area.code)));
        let Some((_, units)) = seat else { return };
        let (first, second) = (units.first(), units.get(1).or(units.first()));
        let (Some(first), Some(second)) = (first, second) else { return };
        let windows = self.generator.random_range(3..=10);
        // A few powers that nobody has taken up yet.
        let left_out = self.generator.random_range(0..12);
        let items: Vec<String> = (1..=DELEGATED)
            .filter(|at| at % 12 != left_out || left_out > 5)
            .map(power)
            .chain((1..=PUBLIC).map(public))
            .chain((1..=UTILITIES.len()).map(|at| format!("U{at:03}")))
            .collect();
        let name = format!("示例{}党群服务中心", township.name);
        if let Some(centre) = self.outlet(&township.code, OutletKind::Centre, name, first) {
            centre.opening_hours = OFFICE.parse().ok();
            (centre.windows, centre.capacity) = (windows, Some(windows * 40));
            centre.items = items;
        }
        for (kind, name) in
            [(OutletKind::EnforcementBureau, "综合行政执法局"), (OutletKind::ApprovalSeal, "审批专用章")]
        {
            if self.chance(90) {
                let name = format!("示例{}{name}", township.name);
                if let Some(outlet) = self.outlet(&township.code, kind, name, second) {
                    outlet.opening_hours = OFFICE.parse().ok();
                }
            }
        }
        let (organs, institutions) = (self.generator.random_range(5..=6), self.generator.random_range(1..=4));
        self.bodies.push(MadeBody { area: township.code.clone(), organs, institutions });
    }

    fn village(&mut self, village: &Area, units: &[&Unit], served: Served) {
        let Some(first) = units.first().filter(|unit| unit.households > 0) else { return };
        let area_type = village.area_type.unwrap_or(AreaType::Agricultural);
        // Percent of villages with a station, and with an agent point or a mobile stop beside it: demo values.
        let (station, agent, mobile) = match (area_type, served) {
            (AreaType::Urban, _) => (95, 0, 0),
            (AreaType::Agricultural, _) => (85, 5, 5),
            (AreaType::Mixed, _) => (75, 20, 20),
            (AreaType::Pastoral, Served::AsUsual) => (55, 60, 45),
            (AreaType::Pastoral, Served::ByAgents) => (0, 80, 0),
            (AreaType::Pastoral, Served::ByStops) => (0, 0, 80),
            (AreaType::Pastoral, Served::ByNothing) => (0, 0, 0),
        };
        if self.chance(station) {
            let windows = self.generator.random_range(1..=3);
            let name = format!("示例{}便民服务站", village.name);
            if let Some(outlet) = self.outlet(&village.code, OutletKind::Station, name, first) {
                outlet.opening_hours = OFFICE.parse().ok();
                (outlet.windows, outlet.capacity) = (windows, Some(windows * 25));
                outlet.items = (1..=PUBLIC).step_by(2).map(public).collect();
            }
        }
        let lived_in = units.iter().filter(|unit| unit.households > 0).count();
        if self.chance(agent)
            && let Some(home) = units.get(lived_in / 3)
        {
            let name = format!("示例{}代办点", village.name);
            if let Some(outlet) = self.outlet(&village.code, OutletKind::AgentPoint, name, home) {
                outlet.opening_hours = "Mo-Sa 09:00-18:00".parse().ok();
                outlet.items = (1..=PUBLIC).step_by(4).map(public).collect();
            }
        }
        if self.chance(mobile)
            && let Some(home) = units.get(lived_in * 2 / 3)
        {
            let calendar = CALENDARS[self.generator.random_range(0..CALENDARS.len())];
            let name = format!("示例{}流动服务点", village.name);
            if let Some(outlet) = self.outlet(&village.code, OutletKind::MobileStop, name, home) {
                outlet.calendar = calendar.parse().ok();
                (outlet.windows, outlet.capacity) = (1, Some(30));
                outlet.items = (1..=PUBLIC).step_by(2).map(public).chain((1..=10).map(power)).collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::Intersects;

    use super::*;
    use crate::demo::{Sources, make_banner};
    use crate::domain::Policy;

    #[test]
    fn every_township_has_a_centre_and_each_outlet_stands_in_its_area() {
        let sources = Sources::embedded().unwrap();
        let banner: Code = "150102".parse().unwrap();
        let made = make_banner(&sources, &banner, &Policy::defaults().unwrap(), 1).unwrap();
        let (outlets, bodies) = super::outlets(&made, 1);
        assert_eq!(
            (outlets.clone(), bodies.clone()),
            super::outlets(&made, 1),
            "the same seed makes the same ones"
        );
        let townships = made.areas.iter().filter(|area| area.code.level() == Level::Township).count();
        let count = |kind| outlets.iter().filter(|outlet| outlet.kind == kind).count();
        assert_eq!((count(OutletKind::Centre), bodies.len()), (townships, townships));
        let villages = made.areas.iter().filter(|area| area.kind.is_some()).count();
        assert!((villages / 2..villages).contains(&count(OutletKind::Station)));
        for outlet in &outlets {
            let area = made.areas.iter().find(|area| area.code == outlet.area).unwrap();
            let point = geo::Point::new(outlet.at.0, outlet.at.1);
            assert!(area.outline.intersects(&point) && outlet.name.starts_with("示例"), "{outlet:?}");
            assert_eq!(outlet.calendar.is_some(), outlet.kind == OutletKind::MobileStop);
        }
        let catalogue = services();
        assert_eq!(catalogue.iter().filter(|service| service.delegated).count(), 99);
        let known = |item: &String| catalogue.iter().any(|service| service.code == *item);
        assert!(outlets.iter().flat_map(|outlet| &outlet.items).all(known));
    }

    #[test]
    fn some_herders_have_stops_or_agents_alone_and_some_have_nothing() {
        let sources = Sources::embedded().unwrap();
        let made =
            make_banner(&sources, &"152525".parse().unwrap(), &Policy::defaults().unwrap(), 1).unwrap();
        let (outlets, _) = super::outlets(&made, 1);
        let kinds_of = |township: &Area| -> Vec<OutletKind> {
            let villages = made.areas.iter().filter(|area| {
                area.area_type == Some(AreaType::Pastoral) && township.code.covers(&area.code)
            });
            let villages: Vec<&Code> = villages.map(|area| &area.code).collect();
            outlets
                .iter()
                .filter(|outlet| villages.contains(&&outlet.area))
                .map(|outlet| outlet.kind)
                .collect()
        };
        let townships = made.areas.iter().filter(|area| area.code.level() == Level::Township);
        let kinds: Vec<Vec<OutletKind>> = townships.map(kinds_of).collect();
        for alone in [OutletKind::MobileStop, OutletKind::AgentPoint] {
            let only = |of: &Vec<OutletKind>| !of.is_empty() && of.iter().all(|kind| *kind == alone);
            assert!(kinds.iter().any(only), "{alone:?} {kinds:?}");
        }
        assert!(kinds.iter().any(Vec::is_empty), "{kinds:?}");
        assert!(kinds.iter().any(|of| of.contains(&OutletKind::Station)), "{kinds:?}");
    }
}
