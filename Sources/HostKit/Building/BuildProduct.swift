public import Conversion
import Documents
import Execution
import Files
import Glibc

/// A file that a build writes, and whom it is for.
public struct BuildProduct: Sendable, Equatable {
    public var path: String
    public var format: TargetFormat
    /// Their ids.
    public var providers: [String]

    /// Its documents, beside it.
    var billPath: String { Self.billPath(path) }
    var provenancePath: String { Self.provenancePath(path) }

    private static func billPath(_ path: String) -> String { "\(path).spdx.json" }
    private static func provenancePath(_ path: String) -> String { "\(path).provenance.json" }

    /// How the files of a build are called, and which formats there are: what was asked for, for all who take it, and another
    /// for those who do not.
    struct Naming {
        private let output: String
        private let format: TargetFormat
        /// By id, what its manifest says; a provider that says nothing takes all.
        private var taken: [String: [String]] = [:]

        /// - Throws: `Failure`: usage if the output's ending says no format, nobody takes it, it is there already, or its folder is not.
        init(_ build: ImageBuild, _ executor: Executor) throws {
            guard let format = build.format ?? TargetFormat(fileName: build.output) else {
                throw Failure(
                    .usage, "the ending of this name is no format's", place: build.output,
                    hint: "one of .qcow2, .raw, .img, .vhd, .vmdk; or say --format")
            }
            (output, self.format) = (build.output, format)
            for id in build.providers { taken[id] = try executor.formats(ofProvider: id) }
            guard build.providers.contains(where: { takes($0, format) }) else {
                let lists = build.providers.map { "\($0) takes \((taken[$0] ?? []).joined(separator: ", "))" }
                throw Failure(
                    .usage, "none of the providers takes \(format.name)", place: output,
                    hint: lists.joined(separator: "; "))
            }
            var status = stat()
            guard stat(build.folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw Failure(
                    .usage, "the folder of this file is not there", place: output,
                    hint: "make it first, or name another")
            }
            try Self.refuse(output)
        }

        private func takes(_ id: String, _ format: TargetFormat) -> Bool {
            taken[id].map { $0.contains(format.rawValue) } ?? true
        }

        /// - Parameters:
        ///   - group: who agree about one image.
        ///   - isOnly: whether there is no other image.
        ///   - report: told why there is more than one file.
        /// - Throws: `Failure` if a name is in use, or if a provider takes nothing that is made.
        func products(of group: [String], isOnly: Bool, _ report: (String) -> Void) throws -> [BuildProduct] {
            var products: [BuildProduct] = []
            for id in group {
                if let index = products.firstIndex(where: {
                    takes(id, $0.format) && ($0.format == format) == takes(id, format)
                }) {
                    products[index].providers.append(id)
                } else {
                    let first =
                        takes(id, format) ? format : taken[id]?.lazy.compactMap(TargetFormat.init(rawValue:)).first
                    guard let first else {
                        throw Failure(.usage, "\(id) takes no format that a build writes", place: output)
                    }
                    products.append(BuildProduct(path: "", format: first, providers: [id]))
                }
            }
            for index in products.indices {
                products[index].path = path(of: products[index], isOnly)
                if products[index].format != format {
                    let ids = products[index].providers.joined(separator: " and ")
                    report("\(format.name) is not for \(ids): \(products[index].format.name) for it")
                }
                try Self.refuse(products[index].path)
            }
            return products
        }

        /// What was asked for where that says it all, else with the names of those it is for.
        private func path(of product: BuildProduct, _ isOnly: Bool) -> String {
            if isOnly && product.format == format { return output }
            let ending =
                TargetFormat(fileName: output) == nil ? "" : output.split(separator: ".").last.map { ".\($0)" } ?? ""
            let ids = product.providers.joined(separator: "-")
            return "\(output.dropLast(ending.count))-\(ids)\(product.format == format ? ending : product.format.ending)"
        }

        /// - Throws: `Failure` if the file, or one of its documents, is there.
        private static func refuse(_ path: String) throws(Failure) {
            var status = stat()
            // A link that leads nowhere is there as well.
            for path in [path, billPath(path), provenancePath(path)] where lstat(path, &status) == 0 {
                throw Failure(
                    .usage, "this file is there already", place: path, hint: "name another, or remove it first")
            }
        }
    }
}
