use super::*;

/// Draws a banner into /tmp for a person to look at.
#[test]
#[ignore]
fn draw() {
    use std::fmt::Write;
    let sources = Sources::embedded().unwrap();
    let wanted = std::env::var("BANNERS").unwrap_or_else(|_| DEMO_BANNERS.join(","));
    for code in wanted.split(',') {
        let code: Code = code.parse().unwrap();
        let t0 = std::time::Instant::now();
        let s = sketch(&sources, &code, 1).unwrap();
        println!("{code} {} triangles {:?}", s.mesh.triangles.len(), t0.elapsed());
        let m = &s.mesh;
        let km: Vec<_> = m.points.iter().map(|p| m.frame.km(*p)).collect();
        let (x0, x1) = km.iter().fold((f64::MAX, f64::MIN), |a, p| (a.0.min(p[0]), a.1.max(p[0])));
        let (y0, y1) = km.iter().fold((f64::MAX, f64::MIN), |a, p| (a.0.min(p[1]), a.1.max(p[1])));
        let k = 1500.0 / (x1 - x0).max(y1 - y0);
        let xy = |p: u32| ((km[p as usize][0] - x0) * k, (y1 - km[p as usize][1]) * k);
        let mut svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {} {}' width='1500'><rect width='100%' height='100%' fill='white'/>",
            (x1 - x0) * k,
            (y1 - y0) * k
        );
        let villages: Vec<_> = s.plan.townships.iter().flat_map(|t| &t.villages).collect();
        for (t, c) in m.triangles.iter().enumerate() {
            let p: Vec<String> = c
                .iter()
                .map(|p| {
                    let (x, y) = xy(*p);
                    format!("{x:.1},{y:.1}")
                })
                .collect();
            let hue = (s.layout.township[t] * 67) % 360;
            let v = villages[s.layout.village[t] as usize];
            let light = if v.core { 60 } else { 78 + (s.layout.village[t] * 7) % 12 };
            write!(svg, "<polygon points='{}' fill='hsl({hue},60%,{light}%)' stroke='hsl({hue},60%,{light}%)' stroke-width='0.4'/>", p.join(" ")).unwrap();
        }
        for (t, c) in m.triangles.iter().enumerate() {
            for i in 0..3 {
                let n = m.across[t][i];
                let w = if n == mesh::NONE {
                    2.5
                } else if (n as usize) < t {
                    continue;
                } else if s.layout.township[n as usize] != s.layout.township[t] {
                    1.8
                } else if s.layout.village[n as usize] != s.layout.village[t] {
                    0.6
                } else {
                    continue;
                };
                let ((a, b), (c, d)) = (xy(c[i]), xy(c[(i + 1) % 3]));
                write!(svg, "<line x1='{a:.1}' y1='{b:.1}' x2='{c:.1}' y2='{d:.1}' stroke='#222' stroke-width='{w}' stroke-linecap='round'/>").unwrap();
            }
        }
        svg.push_str("</svg>");
        std::fs::write(format!("/tmp/khot-demo/{code}.svg"), svg).unwrap();
    }
}

#[test]
#[ignore]
fn all() {
    let sources = Sources::embedded().unwrap();
    let policy = Policy::defaults().unwrap();
    let t0 = std::time::Instant::now();
    let wanted: Vec<Code> = match std::env::var("BANNERS") {
        Ok(all) if all == "all" => sources.banners(),
        Ok(list) => list.split(',').map(|c| c.parse().unwrap()).collect(),
        _ => DEMO_BANNERS.iter().map(|c| c.parse().unwrap()).collect(),
    };
    let (mut hh, mut pp, mut uu, mut vv) = (0u64, 0u64, 0, 0);
    for code in wanted {
        let t = std::time::Instant::now();
        let sk = sketch(&sources, &code, 1).unwrap();
        let t1 = t.elapsed();
        let made = make_banner(&sources, &code, &policy, 1).unwrap();
        let h: u64 = made.units.iter().map(|u| u64::from(u.households)).sum();
        let p: u64 = made.units.iter().map(|u| u64::from(u.people)).sum();
        let v = made.areas.iter().filter(|a| a.kind.is_some()).count();
        let multi = made.areas.iter().filter(|a| a.kind.is_some() && a.outline.0.len() > 1).count();
        let holes = made
            .areas
            .iter()
            .filter(|a| a.kind.is_some() && a.outline.iter().any(|p| !p.interiors().is_empty()))
            .count();
        let types: std::collections::BTreeMap<_, _> =
            made.areas.iter().filter_map(|a| a.area_type.map(|t| (a.code.clone(), t))).collect();
        let mut by: std::collections::BTreeMap<_, [u32; 4]> = Default::default();
        for u in &made.units {
            let ty = types[&u.village];
            let e = by.entry(ty).or_default();
            e[0] += 1;
            e[1] += u32::from(u.households > 0);
            let target = policy.profile(&u.village, ty).households_target;
            e[2] += u32::from(f64::from(u.households) > 0.36 * f64::from(target));
            e[3] = e[3].max(u.households);
        }
        println!(
            "{code} {} v={v} multi={multi} holes={holes} tri={} hh={h} people={p} units={} {by:?} sketch {t1:?} all {:?}",
            sources.name(&code).unwrap(),
            sk.mesh.triangles.len(),
            made.units.len(),
            t.elapsed()
        );
        hh += h;
        pp += p;
        uu += made.units.len();
        vv += v;
    }
    println!("SUM v={vv} hh={hh} people={pp} units={uu} {:?}", t0.elapsed());
}
