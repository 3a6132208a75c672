/// The catalogue for people: one page without scripts, from the same document as catalogue.json.
enum CataloguePage {
    static func html(_ document: Catalogue.Document) -> String {
        var rows = ""
        for image in document.images {
            let name = image.path.split(separator: "/").last.map(String.init) ?? image.path
            let folder = image.path.split(separator: "/").dropLast().joined(separator: "/")
            let cells = [
                escaped(image.name), escaped(image.version), escaped(image.aliases.joined(separator: ", ")),
                escaped(image.arch), escaped(image.format), "<a href=\"\(link(image.path))\">\(escaped(name))</a>",
                "<span title=\"\(image.size) bytes\">\(size(image.size))</span>",
                escaped(String(image.date.prefix(10))),
                "<code>\(escaped(image.digest))</code> (<a href=\"\(link("\(folder)/\(Names.checksums)"))\">SHA256SUMS</a>)",
            ]
            rows += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        let heads = ["Name", "Version", "Also", "Architecture", "Format", "File", "Size", "Date", "Digest"]
        return """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Images</title>
            <style>
            body { font-family: sans-serif; margin: 2em; }
            td, th { text-align: left; padding: .2em .8em .2em 0; vertical-align: top; }
            code { overflow-wrap: anywhere; }
            </style>
            <h1>Images</h1>
            <table>
            <tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr>
            \(rows)</table>
            <p>For machines: <a href="catalogue.json">catalogue.json</a></p>
            </html>

            """
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// A relative path as a reference (RFC 3986): what is not unreserved is percent-encoded, slashes stay.
    static func link(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, 0x2f:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return result
    }

    /// As people read it: 1.1 GiB.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
