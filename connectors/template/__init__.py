"""The art site ("Template"): its export API."""

from connectors.template.export import TemplateExport
from connectors.template.spool import SpooledExport

__all__ = ["SpooledExport", "TemplateExport"]
