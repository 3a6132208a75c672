public import Documents

/// A provider's rules for people: as a table, or as Markdown for a document.
public enum RequirementsText {
    public static func table(_ items: [JSON]) -> String {
        let rows = items.map { item in
            [item["id"]?.string ?? "", item["severity"]?.string ?? "", text(item["title"]) ?? text(item["why"]) ?? ""]
        }
        return Columns.text([["RULE", "SEVERITY", "WHAT IT ASKS"]] + rows)
    }

    public static func markdown(_ items: [JSON], provider: String) -> String {
        var lines = [
            "# Rules of \(cell(provider))", "", "| rule | reference | severity | why | fix |",
            "|---|---|---|---|---|",
        ]
        for item in items {
            let id = cell(item["id"]?.string ?? "")
            let rule = item["source"]?.string.map { "[\(id)](\($0))" } ?? id
            let cells = [
                rule, item["reference"]?.string ?? "", item["severity"]?.string ?? "",
                cell(text(item["why"]) ?? text(item["title"]) ?? ""), cell(text(item["fix"]) ?? ""),
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ value: JSON?) -> String? { value?.string ?? value?["en"]?.string }

    private static func cell(_ text: String) -> String {
        Printable.line(text.split(separator: "\n").joined(separator: " ")).split(
            separator: "|", omittingEmptySubsequences: false
        ).joined(separator: "\\|")
    }
}
