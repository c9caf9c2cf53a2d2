use toml::Spanned;

use super::rules::{ForTypes, Parts, Performance};
use super::{Component, Rules};
use crate::domain::{AreaType, Employment, Text};

/// The rules in plain sentences, in the order of the components; those of an override name its area.
pub fn explain(rules: &Rules) -> Vec<Text> {
    let (title, version, from, paper) = (&rules.title, &rules.version, rules.valid_from, &rules.paper);
    let mut said = vec![Text::new(
        format!("{title}（{version}），自 {from} 起执行；依据：{paper}"),
        format!("{title} ({version}), in force from {from}; source: {paper}"),
    )];
    if rules.demo {
        said.push(Text::new(
            "所有金额均为演示值，不是任何地方的实际标准",
            "all amounts are demo values and nobody's actual rates",
        ));
    }
    said.extend(parts(&rules.everywhere));
    for (area, own) in &rules.overrides {
        let here = parts(own);
        said.extend(here.into_iter().map(|text| {
            Text::new(
                format!("{area} 辖区内另有规定：{}", text.zh),
                format!("in {area} instead: {}", text.en),
            )
        }));
    }
    said
}

fn parts(parts: &Parts) -> Vec<Text> {
    let mut said = Vec::new();
    for base in each(&parts.base) {
        let ((zh, en), who, yuan) = (types(base), employment(base.employment), base.monthly);
        said.push(clause(
            &base.clause,
            &format!("{zh}{}网格员每月基本补贴 {yuan} 元，按出勤天数计发", who.zh),
            &format!("{} workers of {en} have a base of {yuan} yuan a month, by days on duty", who.en),
        ));
    }
    for step in each(&parts.households) {
        let ((zh, en), above, yuan) = (types(step), step.above, step.monthly);
        said.push(clause(
            &step.clause,
            &format!("{zh}网格超过 {above} 户的，每月加 {yuan} 元；分档的取最高一档"),
            &format!("a grid of {en} with more than {above} households adds {yuan} yuan a month; of several steps the highest counts"),
        ));
    }
    for rate in each(&parts.land) {
        let ((zh, en), from, yuan) = (types(rate), rate.from_km2, rate.per_km2);
        let (zh_most, en_most) = most(rate.at_most);
        said.push(clause(
            &rate.clause,
            &format!("{zh}网格面积超过 {from} 平方公里的部分，每平方公里每月加 {yuan} 元{zh_most}"),
            &format!("each km² above {from} of a grid of {en} adds {yuan} yuan a month{en_most}"),
        ));
    }
    for rate in each(&parts.travel) {
        let ((zh, en), yuan) = (types(rate), rate.per_km);
        let (zh_most, en_most) = most(rate.at_most);
        said.push(clause(
            &rate.clause,
            &format!("{zh}网格往返路途每公里补 {yuan} 元{zh_most}"),
            &format!("each km of the way to a grid of {en} adds {yuan} yuan{en_most}"),
        ));
    }
    for rate in each(&parts.language) {
        let ((zh, en), language, yuan) = (types(rate), &rate.language, rate.monthly);
        said.push(clause(
            &rate.clause,
            &format!("{zh}网格需要语言 {language} 且网格员会说的，每月加 {yuan} 元"),
            &format!(
                "a grid of {en} that needs {language} adds {yuan} yuan a month for a worker who speaks it"
            ),
        ));
    }
    if let Some(rule) = parts.several_grids.as_ref().map(Spanned::get_ref) {
        let yuan = rule.each_further;
        let (zh, en) = rule.at_most_grids.map_or_else(Default::default, |most| {
            (format!("，最多计 {most} 个"), format!(", for at most {most} of them"))
        });
        said.push(clause(
            &rule.clause,
            &format!("一人负责多个网格的，自第二个起每个每月加 {yuan} 元{zh}"),
            &format!("each grid beyond the first adds {yuan} yuan a month{en}"),
        ));
    }
    if let Some(rule) = parts.lead.as_ref().map(Spanned::get_ref) {
        let yuan = rule.monthly;
        said.push(clause(
            &rule.clause,
            &format!("网格长每月加 {yuan} 元"),
            &format!("a lead has {yuan} yuan a month more"),
        ));
    }
    if let Some(rule) = parts.performance.as_ref().map(Spanned::get_ref) {
        said.push(performance(rule));
    }
    if let Some(rule) = parts.limits.as_ref().map(Spanned::get_ref) {
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        if let Some(cap) = rule.cap {
            zh.push(format!("每月合计最多 {cap} 元"));
            en.push(format!("a month pays at most {cap} yuan"));
        }
        if let Some(floor) = rule.floor {
            zh.push(format!("全勤每月最少 {floor} 元，按出勤天数折算"));
            en.push(format!("a whole month of duty pays at least {floor} yuan, of a part of it its part"));
        }
        said.push(clause(&rule.clause, &zh.join("；"), &en.join("; ")));
    }
    for entry in each(&parts.funding) {
        let (zh, en) = types(entry);
        let [region, league, banner, township] = entry.levels();
        let named = entry
            .components
            .as_ref()
            .map(|all| all.iter().map(|component| component_name(*component)).collect::<Vec<_>>());
        let (zh_what, en_what) = named.map_or_else(
            || ("补贴".to_owned(), "subsidies".to_owned()),
            |named| {
                let join = |side: fn(&Text) -> &str, with: &str| {
                    named.iter().map(side).collect::<Vec<_>>().join(with)
                };
                (join(|text| &text.zh, "、"), join(|text| &text.en, ", "))
            },
        );
        said.push(clause(
            &entry.clause,
            &format!("{zh}的{zh_what}由自治区、盟市、旗县区、苏木乡镇按 {region}%、{league}%、{banner}%、{township}% 分担"),
            &format!("{en_what} of {en} are carried by region, league, banner and township at {region}%, {league}%, {banner}% and {township}%"),
        ));
    }
    said
}

fn performance(rule: &Performance) -> Text {
    let (share, full, least) = (rule.share, rule.full_score, rule.least_score);
    clause(
        &rule.clause,
        &format!(
            "基本补贴的 {share}% 为绩效，考核后发放：{full} 分及以上全额，{least} 分以下不发，其间按得分与 {full} 分之比发放"
        ),
        &format!(
            "{share}% of the base is paid after appraisal: all of it from {full} points, none below {least}, in between in proportion to {full}"
        ),
    )
}

fn clause(clause: &str, zh: &str, en: &str) -> Text {
    Text::new(format!("{clause}：{zh}"), format!("{clause}: {en}"))
}

fn each<T>(entries: &Option<Vec<Spanned<T>>>) -> impl Iterator<Item = &T> {
    entries.iter().flatten().map(Spanned::get_ref)
}

fn most(amount: Option<crate::domain::Fen>) -> (String, String) {
    amount.map_or_else(Default::default, |most| {
        (format!("，每网格每月最多 {most} 元"), format!(", at most {most} yuan a month for one grid"))
    })
}

fn types(entry: &impl ForTypes) -> (String, String) {
    let Some(types) = entry.area_types() else { return ("各类地区".to_owned(), "all areas".to_owned()) };
    let zh: Vec<&str> = types
        .iter()
        .map(|area_type| match area_type {
            AreaType::Urban => "城区",
            AreaType::Agricultural => "农区",
            AreaType::Pastoral => "牧区",
            AreaType::Mixed => "半农半牧区",
        })
        .collect();
    let en: Vec<&str> = types.iter().map(|area_type| area_type.as_str()).collect();
    (zh.join("、"), format!("{} areas", en.join(" and ")))
}

fn employment(employment: Employment) -> Text {
    match employment {
        Employment::FullTime => Text::new("专职", "full-time"),
        Employment::PartTime => Text::new("兼职", "part-time"),
    }
}

/// What a component is called.
pub fn component_name(component: Component) -> Text {
    match component {
        Component::Base => Text::new("基本补贴", "base"),
        Component::Households => Text::new("户数补贴", "household steps"),
        Component::Land => Text::new("草场面积补贴", "land allowance"),
        Component::Travel => Text::new("路途补贴", "travel allowance"),
        Component::Language => Text::new("语言补贴", "language allowance"),
        Component::SeveralGrids => Text::new("多网格补贴", "several grids"),
        Component::Lead => Text::new("网格长补贴", "lead's supplement"),
        Component::Performance => Text::new("绩效", "performance"),
        Component::Cap => Text::new("封顶扣减", "cap"),
        Component::Floor => Text::new("保底补足", "floor"),
        Component::Adjustment => Text::new("更正调整", "adjustment"),
    }
}
