"""Communities, teams, posts and officers as files: CSV, XLSX and GeoJSON, for spreadsheets and drawing programs."""
