import TestSupport
import Testing

@testable import Guest

private let hasRPM = (try? run(["rpm", "--eval", "%{lua:print(rpm.vercmp('1','2'))}"]))?.output.hasPrefix("-1") == true

@Suite(.enabled(if: hasRPM, "rpm is not installed"))
struct PackageVersionTests {
    static let versions = [
        "1", "1.0", "1.0.1", "1.0~rc1", "1.0~rc1~x", "1.0^git1", "1.0^", "1.0.a", "1.0a", "1.0b", "01", "1..0",
        "1_0",
        "10", "9", "a", "z", "a1", "5.14.0", "5.14", "70.el9.x86_64", "284.el9.x86_64", "~", "^", "~~",
        "1~",
        "1^~", "99999999999999999999999", "99999999999999999999998", "A", "1+2", "1+", "2+1",
    ]

    @Test("versions are in rpm's order, each against each")
    func order() throws {
        let list = Self.versions.map { "'\($0)'" }.joined(separator: ",")
        let script =
            "local v={\(list)}; for _,a in ipairs(v) do for _,b in ipairs(v) do print(rpm.vercmp(a,b)..' ') end end"
        let answer = try run(["rpm", "--eval", "%{lua:\(script)}"]).output.split(separator: " ").compactMap { Int($0) }
        try #require(answer.count == Self.versions.count * Self.versions.count)
        var index = 0
        for left in Self.versions {
            for right in Self.versions {
                #expect(PackageVersion.compare(left, right) == answer[index], "\(left) and \(right)")
                index += 1
            }
        }
    }

    @Test("the parts of an entry's name count from its end")
    func names() {
        #expect(BLSEntry.compare("m-5.14.0-284", "m-5.14.0-70") > 0)
        #expect(BLSEntry.compare("m-0-rescue", "m-5.14.0-70") < 0)
        #expect(BLSEntry.compare("b", "a") > 0)
        #expect(BLSEntry.compare("a-1", "a-1") == 0)
    }
}
