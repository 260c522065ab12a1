//! The catalogue: what the engine can say, for those who name it in policies.

use std::fmt::Write as _;

use appsteer_core::protocol::attributes::{AttributeInfo as Attribute, Kind};
use appsteer_core::report::app_id::AppId;
use appsteer_core::signatures::{Category, ProtocolInfo, Signatures as Loaded};
use pyo3::prelude::*;

use crate::signatures::Signatures;

/// A protocol or an application.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct AppInfo {
    app_id: u32,
    key: String,
    name: String,
    category_id: u8,
    category: String,
    risk: u8,
    is_protocol: bool,
    owner: String,
    tags: Vec<String>,
}

/// A category.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct CategoryInfo {
    id: u8,
    key: String,
    name: String,
    risk: u8,
    about: String,
}

/// A metadata attribute.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct AttributeInfo {
    id: u16,
    name: String,
    r#type: &'static str,
    unit: String,
    meaning: String,
}

/// All of them.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct Catalogue {
    apps: Vec<Py<AppInfo>>,
    categories: Vec<Py<CategoryInfo>>,
    attributes: Vec<Py<AttributeInfo>>,
    version: String,
}

/// Everything that the engine can say with these signatures: protocols by selector, then applications by file.
#[pyfunction]
pub fn catalogue(py: Python<'_>, signatures: &Signatures) -> PyResult<Catalogue> {
    let loaded = &signatures.loaded;
    let (apps, categories, attributes, version) = py.detach(|| {
        let (apps, categories) = (apps(loaded), categories(loaded));
        let attributes: Vec<Attribute<'_>> = loaded.attributes().collect();
        let version = version(&apps, &categories, &attributes);
        let attributes: Vec<AttributeInfo> = attributes.into_iter().map(attribute_info).collect();
        (apps, categories, attributes, version)
    });
    Ok(Catalogue {
        apps: apps.into_iter().map(|app| Py::new(py, app)).collect::<PyResult<_>>()?,
        categories: categories.into_iter().map(|category| Py::new(py, category)).collect::<PyResult<_>>()?,
        attributes: attributes.into_iter().map(|attribute| Py::new(py, attribute)).collect::<PyResult<_>>()?,
        version,
    })
}

fn apps(loaded: &Loaded) -> Vec<AppInfo> {
    let category_key = |id: u8| loaded.category(id).map_or(String::new(), |category| category.key.clone());
    let mut apps: Vec<AppInfo> = Vec::new();
    for (index, protocol) in loaded.protocols().enumerate() {
        let tags = loaded.protocol_tags(index).into_iter().map(str::to_owned).collect();
        let (category_id, risk) = (loaded.protocol_category(index), loaded.protocol_risk(index));
        apps.push(AppInfo { category_id, risk, tags, ..protocol_info(&protocol) });
    }
    apps.sort_by_key(|app| app.app_id);
    apps.extend(loaded.apps().iter().map(|app| AppInfo {
        app_id: app.id.0,
        key: app.key.clone(),
        name: app.name.clone(),
        category_id: app.category_id,
        category: String::new(),
        risk: app.risk,
        is_protocol: false,
        owner: app.owner.clone(),
        tags: app.tags.clone(),
    }));
    for app in &mut apps {
        app.category = category_key(app.category_id);
    }
    apps
}

fn categories(loaded: &Loaded) -> Vec<CategoryInfo> {
    let one = |c: &Category| CategoryInfo {
        id: c.id,
        key: c.key.clone(),
        name: c.name.clone(),
        risk: c.risk,
        about: c.about.clone(),
    };
    loaded.categories().iter().map(one).collect()
}

fn protocol_info(protocol: &ProtocolInfo<'_>) -> AppInfo {
    AppInfo {
        app_id: AppId::ours(protocol.selector).0,
        key: protocol.key.to_owned(),
        name: protocol.name.to_owned(),
        category_id: 0,
        category: String::new(),
        risk: 0,
        is_protocol: true,
        owner: String::new(),
        tags: Vec::new(),
    }
}

fn attribute_info(attribute: Attribute<'_>) -> AttributeInfo {
    AttributeInfo {
        id: attribute.id,
        name: attribute.name.to_owned(),
        r#type: match attribute.kind {
            Kind::Text => "string",
            Kind::Uint => "uint",
            Kind::Bytes => "bytes",
        },
        unit: attribute.unit.to_owned(),
        meaning: attribute.meaning.to_owned(),
    }
}

/// The package's version and a fingerprint (FNV-1a, 32 bits) of what the catalogue holds: equal catalogues, equal versions.
fn version(apps: &[AppInfo], categories: &[CategoryInfo], attributes: &[Attribute<'_>]) -> String {
    let mut text = String::new();
    for app in apps {
        let AppInfo { app_id, key, name, category_id, risk, .. } = app;
        let tags = app.tags.join(" ");
        let _infallible = writeln!(text, "{app_id} {key} {name} {category_id} {risk} {tags}");
    }
    for category in categories {
        let _infallible = writeln!(text, "{} {} {}", category.id, category.key, category.name);
    }
    for attribute in attributes {
        let _infallible = writeln!(text, "{} {}", attribute.id, attribute.name);
    }
    let hash = text.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}+{hash:08x}", env!("CARGO_PKG_VERSION"))
}
