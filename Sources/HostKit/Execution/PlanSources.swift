import Documents
import Glibc
import Import
import Plans
import Prepare

extension LocatedPlan {
    /// Where the artifact's release comes from, if it says so.
    func mirror(of artifact: Plan.Artifact) -> String? { artifact.mirror.map { absolute($0) } }

    /// A disk image's file.
    func disk(_ artifact: Plan.Artifact) throws -> (path: String, status: stat) {
        let path = absolute(artifact.file ?? "")
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(
                .usage, "the image \(path) is not a file that can be read", place: path,
                hint: "name the file relative to the plan")
        }
        guard status.st_size > 0 else { throw Failure(.usage, "the image is empty", place: path) }
        return (path, status)
    }

    /// Everything about the artifacts that can be known without fetching, so that no run begins in vain.
    /// - Throws: `Failure` with the place in the plan.
    func checkSources() throws {
        for (name, artifact) in plan.artifacts.sorted(by: { $0.key < $1.key }) {
            func check(_ key: String, _ body: () throws -> Void) throws {
                do { try body() } catch var failure as Failure {
                    failure.place = place(["artifacts", name, key]) ?? failure.place
                    throw failure
                }
            }
            if let images = artifact.images {
                try check("images") { for image in images { _ = try ImageReference(image) } }
            } else if artifact.kind == "disk" {
                try check("file") { _ = try disk(artifact) }
            } else {
                try check("release") { try ReleaseMirror.check(version: artifact.release ?? "") }
                try check("index") { if let index = artifact.index { try ReleaseMirror.check(index: index) } }
                try check("architectures") { for name in artifact.architectures ?? [] { _ = try Architecture(name) } }
                try check("mirror") { if let mirror = mirror(of: artifact) { _ = try ReleaseMirror(location: mirror) } }
            }
        }
    }
}
