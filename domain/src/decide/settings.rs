//! Changing an organization's settings.

use crate::commands::Settings;
use crate::decide::draft::Draft;
use crate::events::SettingsChanged;

/// Always emits, also when nothing differs: the command's key must be on an event (CORRECTNESS C3).
pub(super) fn change(draft: &mut Draft<'_>, settings: &Settings) {
    draft.emit(SettingsChanged { settings: *settings });
}
