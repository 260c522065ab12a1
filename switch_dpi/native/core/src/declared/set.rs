//! What a set of signatures declares beside its protocols: their attributes, and what their authors should know.

use std::sync::Arc;

use toml::Spanned;

use super::{Declaration, Declared, DeclaredAttribute, FIRST_ATTRIBUTE, MAX_DECLARED, RawProtocol, declare};
use crate::classification::candidates::PortTable;
use crate::protocol::attributes::{Attribute, AttributeInfo};
use crate::protocols::ALL;
use crate::signatures::{Place, SignatureError};

/// Bytes of tables of all declared protocols of a set.
const MAX_TABLES: usize = 64 << 20;

/// Attributes and warnings of a set.
#[derive(Debug, Default)]
pub(crate) struct DeclaredSet {
    /// By id.
    attributes: Vec<DeclaredAttribute>,
    warnings: Vec<SignatureError>,
    tables: usize,
}

impl DeclaredSet {
    /// Checks a protocol and adds it to `ports`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn add(
        &mut self,
        place: Place<'_>,
        raw: &Spanned<RawProtocol>,
        ports: &mut PortTable,
    ) -> Result<(), SignatureError> {
        let at = raw.span().start;
        if ports.all_declared().len() >= MAX_DECLARED {
            return Err(place.error(at, format!("more than {MAX_DECLARED} protocols are declared")));
        }
        let mut replaced = raw.get_ref().replaces.iter();
        if let Some(replaced) = replaced.find(|key| !ALL.iter().any(|native| native.key == key.get_ref())) {
            let message = format!("replaces {:?}, which is no native protocol", replaced.get_ref());
            return Err(place.error(replaced.span().start, message));
        }
        let Declaration { protocol, warnings } = declare(place, raw)?;
        self.tables += protocol.memory_size();
        if self.tables > MAX_TABLES {
            return Err(place.error(at, format!("expressions of all protocols take more than {MAX_TABLES} bytes")));
        }
        self.warnings.extend(warnings);
        self.add_attributes(place, raw, &protocol)?;
        ports.declare(Arc::new(protocol));
        Ok(())
    }

    /// What the authors of protocols should know.
    pub fn warnings(&self) -> &[SignatureError] {
        &self.warnings
    }

    /// Every attribute, native ones first.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeInfo<'_>> {
        Attribute::ALL.iter().map(|attribute| attribute.info()).chain(self.attributes.iter().map(Into::into))
    }

    /// The attribute with this id.
    pub fn attribute(&self, id: u16) -> Option<AttributeInfo<'_>> {
        if id < FIRST_ATTRIBUTE {
            return Attribute::by_id(id).map(Attribute::info);
        }
        let place = self.attributes.binary_search_by_key(&id, |attribute| attribute.id).ok()?;
        self.attributes.get(place).map(Into::into)
    }

    fn add_attributes(
        &mut self,
        place: Place<'_>,
        raw: &Spanned<RawProtocol>,
        protocol: &Declared,
    ) -> Result<(), SignatureError> {
        for (field, table) in protocol.fields.iter().zip(&raw.get_ref().field) {
            let attribute = &field.attribute;
            if attribute.id < FIRST_ATTRIBUTE {
                continue;
            }
            let same_name = self.attributes.iter().find(|other| other.name == attribute.name);
            let same_id = self.attributes.iter().find(|other| other.id == attribute.id);
            let Some(other) = same_name.or(same_id) else {
                let at = self.attributes.partition_point(|other| other.id < attribute.id);
                self.attributes.insert(at, attribute.clone());
                continue;
            };
            if (other.id, other.kind, &other.name) != (attribute.id, attribute.kind, &attribute.name) {
                let message = format!(
                    "field {} ({:?}, id {}) clashes with {} ({:?}, id {}): give it another name or an id",
                    attribute.name, attribute.kind, attribute.id, other.name, other.kind, other.id
                );
                return Err(place.error(table.get_ref().name.span().start, message));
            }
        }
        Ok(())
    }
}

impl<'a> From<&'a DeclaredAttribute> for AttributeInfo<'a> {
    fn from(attribute: &'a DeclaredAttribute) -> Self {
        let DeclaredAttribute { id, name, kind, unit, meaning } = attribute;
        Self { id: *id, name, kind: *kind, unit, meaning }
    }
}
