import Documents
import Foundation
import ImageTesting
import PackageDatabases
import TestSupport
import Testing

/// Packages that rpmbuild made, in a database that rpm made: built once a run of tests.
enum Databases {
    static let folder: Result<Scratch, any Error> = Result {
        let scratch = try Scratch()
        try scratch.write("make.sh", script)
        let answer = try run(["sh", "make.sh"], in: scratch.path, environment: ["HOME": scratch.path])
        guard answer.status == 0 else { throw Failure(.internal, answer.output) }
        return scratch
    }

    /// Three packages, of which one has an epoch, one a vendor, and one 3000 files, so that its header has pages of its own.
    private static let script = """
        set -eu
        mkdir -p db
        build() {
            printf '%s\\n' "Name: $1" "Version: $2" "Release: $3" 'Summary: A test' 'License: MIT' $4 $5 'BuildArch: noarch' \\
                '%description' 'Nothing.' '%install' 'mkdir -p %{buildroot}/opt/'$1 \\
                'for i in $(seq '$6'); do : > %{buildroot}/opt/'$1'/a-file-with-a-long-name-$i; done' \\
                '%files' /opt/$1 > $1.spec
            rpmbuild --quiet --define "_topdir $PWD/top" --define "_rpmdir $PWD" -bb $1.spec
        }
        build small 1.0 1.oe2403 '' '' 1
        build epochal 2.3.4 5%{?dist} 'Epoch:3' '' 10
        build many 0.1 7.oe2403 'Vendor:openEuler' '' 3000
        rpm --dbpath "$PWD/db" --nodeps --justdb --noscripts -i noarch/*.rpm
        """

    static func rpm(_ arguments: String, in scratch: Scratch) throws -> [String] {
        let answer = try run(["sh", "-c", "rpm \(arguments) 2>/dev/null"], in: scratch.path)
        try #require(answer.status == 0, "rpm \(arguments): \(answer.output)")
        return answer.output.split(separator: "\n").map(String.init).sorted()
    }

    /// As rpm prints it when it is asked with the format below.
    static func line(_ package: RPMPackage) -> String {
        "\(package.name) \(package.epoch.map(String.init) ?? "(none)") \(package.version) \(package.release) "
            + "\(package.architecture) \(package.vendor ?? "(none)")"
    }

    static let format = "--qf '%{NAME} %{EPOCH} %{VERSION} %{RELEASE} %{ARCH} %{VENDOR}\\n'"

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}
