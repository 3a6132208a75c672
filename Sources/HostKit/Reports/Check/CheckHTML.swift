import Documents
public import Execution

/// A check as one page without scripts or anything from elsewhere, for those who read it in a browser or a mail.
public enum CheckHTML {
    public static func page(_ examination: Examination) -> String {
        let groups = FindingGroup.groups(of: examination)
        let title = JUnit.escaped(examination.image)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Check of \(title)</title>
            <style>\(style)</style>
            </head>
            <body>
            <h1>\(title)</h1>
            <p>\(JUnit.escaped(ImageHeadline.text(examination.facts, name: nil)))</p>
            \(table(examination))
            \(groups.filter { $0.finding.outcome != "pass" }.map(section).joined(separator: "\n"))
            <details><summary>Passed</summary><ul>
            \(groups.filter { $0.finding.outcome == "pass" }.map(passed).joined(separator: "\n"))
            </ul></details>
            </body>
            </html>

            """
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
        table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:right}td:first-child,th:first-child{text-align:left}
        section{border-left:.3rem solid #888;padding:.1rem 1rem;margin:1.2rem 0}
        .error{border-color:#b3261e}.warning{border-color:#b26a00}.info{border-color:#3367a8}
        h2{font-size:1rem;margin:.4rem 0}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}dt{float:left;width:3rem;color:#666}dd{margin-left:3.5rem}
        @media (prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}dt{color:#aaa}a{color:#8ab4f8}}
        """

    private static func table(_ examination: Examination) -> String {
        let rows = examination.providers.map { provider in
            let count = FindingCount(provider.findings)
            return "<tr><td>\(JUnit.escaped(provider.id))</td><td>\(count.passed)</td><td>\(count.failed)</td>"
                + "<td>\(count.warnings)</td><td>\(count.unknown)</td></tr>"
        }
        return "<table><tr><th>provider</th><th>passed</th><th>failed</th><th>warnings</th><th>unknown</th></tr>\n"
            + rows.joined(separator: "\n") + "\n</table>"
    }

    private static func section(_ group: FindingGroup) -> String {
        let finding = group.finding
        let kind = finding.outcome == "fail" ? finding.severity : "unknown"
        let others = group.others.map { ", <code>\(JUnit.escaped($0.rule))</code>" }.joined()
        let places = (finding.places ?? []).map { JUnit.escaped($0.shown) }.joined(separator: "\n")
        var parts = [
            "<section class=\"\(JUnit.escaped(kind))\">",
            "<h2>\(JUnit.escaped(kind)): <code>\(JUnit.escaped(finding.rule))</code>\(others)</h2>",
            "<p>\(JUnit.escaped(finding.message.text()))</p>",
        ]
        if !places.isEmpty { parts.append("<pre>\(places)</pre>") }
        var list = ""
        if let why = finding.why { list += "<dt>why</dt><dd>\(JUnit.escaped(why.text()))</dd>" }
        if let fix = finding.fix { list += "<dt>fix</dt><dd>\(JUnit.escaped(fix.text()))</dd>" }
        if let source = finding.source {
            let shown = JUnit.escaped(source)
            // A provider's text: nothing but a page of the web becomes a link.
            let isPage = source.hasPrefix("https://")
            list +=
                "<dt>see</dt><dd>" + (isPage ? "<a href=\"\(shown)\" rel=\"noreferrer\">\(shown)</a>" : shown) + "</dd>"
        }
        if !list.isEmpty { parts.append("<dl>\(list)</dl>") }
        return (parts + ["</section>"]).joined(separator: "\n")
    }

    private static func passed(_ group: FindingGroup) -> String {
        "<li><code>\(JUnit.escaped(group.finding.rule))</code> \(JUnit.escaped(group.finding.message.text()))</li>"
    }
}
