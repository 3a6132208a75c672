import Documents
import Foundation
import ProviderTesting
import RegistryPeers
import Testing

@testable import DockerHubProvider

/// README and description, at servers that are as strict as what they stand for.
@Suite struct DescriptionTests {
    private static let user = ManagementServer.User("me", password: "p:w")
    private static let page = "# openEuler\n\nAn operating system.\n"

    /// The registry, the interface beside it, and an image to publish with a README.
    private struct Scene {
        var lab: ReleaseLab
        var registry: StrictRegistry
        var management: ManagementServer
        var options: [String: JSON]
        var repository: String { "\(registry.host)/team/image" }
    }

    private func scene(
        _ kind: ManagementServer.Kind, page: String? = DescriptionTests.page,
        _ change: (inout ManagementServer.Options) -> Void = { _ in }
    ) async throws -> Scene {
        var options = ManagementServer.Options(kind)
        options.users = [Self.user]
        options.tokens = [.init("quay token")]
        options.repositories = ["team/image": .init(description: "", fullDescription: kind == .hub ? "" : nil)]
        change(&options)
        let management = try await ManagementServer.start(options)
        let lab = try ReleaseLab()
        lab.fake.set {
            $0.secrets = ["username": "me", "password": "p:w", "apikey": "quay token"]
            if let page { $0.files["readme"] = Array(page.utf8) }
        }
        return Scene(
            lab: lab, registry: try await StrictRegistry.start(), management: management,
            options: [
                "management": .string(kind.rawValue), "management_url": .string(management.url),
                "readme": "/plan/README.md", "username_variable": "U", "password_variable": "P",
                "apikey_variable": "K",
            ])
    }

    @Test(arguments: [true, false])
    func dockerHubGetsBothTexts(modern: Bool) async throws {
        var scene = try await scene(.hub) { $0.modern = modern }
        scene.options["description"] = "An operating system"
        let done = try await scene.lab.publish(to: scene.repository, options: scene.options)
        #expect(done.plan.actions?.last == "change the description")
        #expect(done.release.actions == ["set the description"])
        #expect(done.release.findings == nil)
        let page = try await scene.management.page("team/image")
        #expect(page?.description == "An operating system")
        #expect(page?.fullDescription == "# openEuler\n\nAn operating system.")
        let story = try await scene.management.story()
        #expect(story.last == "PATCH /v2/repositories/team/image/ 200 \(modern ? "Bearer" : "JWT")")
        #expect(scene.lab.fake.look { $0.redacted.count } >= 2)
        // The page is as it shall be: nothing is left to do.
        let again = try await scene.lab.plan(to: scene.repository, options: scene.options)
        #expect(again.nothingToDo == true)
        scene.options["description"] = "Another sentence"
        let changed = try await scene.lab.plan(to: scene.repository, options: scene.options)
        #expect(changed.nothingToDo == false && changed.actions == ["change the description"])
    }

    @Test func quayGetsItWithAToken() async throws {
        let scene = try await scene(.quay) { $0.public = false }
        let done = try await scene.lab.publish(to: scene.repository, options: scene.options)
        #expect(done.release.findings == nil)
        #expect(try await scene.management.page("team/image")?.description == Self.page)
        #expect(
            try await scene.management.story() == [
                "GET /api/v1/repository/team/image 200 Bearer", "PUT /api/v1/repository/team/image 200 Bearer",
            ])
        #expect(try await scene.lab.plan(to: scene.repository, options: scene.options).nothingToDo == true)
    }

    @Test func harborGetsItUnderTheNameTwiceEncoded() async throws {
        let scene = try await scene(.harbor) { $0.repositories = ["team/deep/image": .init(description: "")] }
        let repository = "\(scene.registry.host)/team/deep/image"
        let done = try await scene.lab.publish(to: repository, options: scene.options)
        #expect(done.release.findings == nil)
        #expect(try await scene.management.page("team/deep/image")?.description == Self.page)
        #expect(
            try await scene.management.story().last
                == "PUT /api/v2.0/projects/team/repositories/deep%252Fimage 200 Basic")
    }

    @Test func oneTextIsTheReadmeAndElseTheSentence() async throws {
        var scene = try await scene(.harbor)
        scene.options["description"] = "A sentence"
        scene.options["readme"] = nil
        _ = try await scene.lab.publish(to: scene.repository, options: scene.options)
        #expect(try await scene.management.page("team/image")?.description == "A sentence")
    }

    @Test(arguments: [ManagementServer.Kind.hub, .quay, .harbor])
    func whoMayNotPublishesAllTheSame(_ kind: ManagementServer.Kind) async throws {
        let scene = try await scene(kind) {
            $0.users = [.init("me", password: "p:w", writes: false)]
            $0.tokens = [.init("quay token", writes: false)]
        }
        let done = try await scene.lab.publish(to: scene.repository, options: scene.options)
        #expect(done.release.moves?.count == 1)
        let finding = try #require(done.release.findings?.first)
        #expect(finding.rule == "registry.description" && finding.severity == "warning" && finding.outcome == "fail")
        #expect(finding.fix != nil)
        #expect(scene.lab.log.contains("2: the description of \(scene.repository) could not be set"))
        #expect(!scene.lab.log.contains("p:w") && !scene.lab.log.contains("quay token"))
        #expect(try scene.registry.contents()["team/image"]?.tags.count == 1)
    }

    @Test func aWrongPasswordAndATextThatIsNotKeptAreFindings() async throws {
        let wrong = try await scene(.hub) { $0.users = [.init("me", password: "other")] }
        let done = try await wrong.lab.publish(to: wrong.repository, options: wrong.options)
        #expect(done.release.findings?.first?.message.text().contains("Incorrect authentication credentials") == true)
        let forgetful = try await scene(.hub) { $0.forgetful = true }
        let second = try await forgetful.lab.publish(to: forgetful.repository, options: forgetful.options)
        #expect(second.release.findings?.first?.message.text().contains("shows another") == true)
        #expect(second.release.actions == nil)
    }

    @Test func nobodyThereIsAFindingToo() async throws {
        var scene = try await scene(.harbor)
        scene.options["management_url"] = "http://127.0.0.1:1"
        let options = scene.options
        let done = try await scene.lab.publish(to: scene.repository, options: options)
        #expect(done.plan.actions?.last == "set the description")
        #expect(done.release.findings?.count == 1)
    }

    @Test func textsThatNobodyTakesAreRefusedBeforeAnythingIsSent() async throws {
        let long = try await scene(.hub, page: String(repeating: "x", count: 25_000))
        let first = await failure(of: { try await long.lab.plan(to: long.repository, options: long.options) })
        #expect(first.code == .usage && first.message.contains("25000 bytes") && first.place == "/plan/README.md")
        var short = try await scene(.hub)
        // 51 characters, 102 bytes.
        short.options["description"] = .string(String(repeating: "\u{e4}", count: 51))
        let options = short.options
        #expect(await failure(of: { try await short.lab.plan(to: short.repository, options: options) }).code == .usage)
        let none = try await scene(.hub, page: nil)
        let third = await failure(of: { try await none.lab.plan(to: none.repository, options: none.options) })
        #expect(third.code == .usage && third.place == "/plan/README.md")
        let binary = try await scene(.hub)
        binary.lab.fake.set { $0.files["readme"] = [0xff, 0xfe, 0x00] }
        #expect(
            await failure(of: { try await binary.lab.plan(to: binary.repository, options: binary.options) }).code
                == .usage)
        #expect(try await long.management.story().isEmpty && binary.registry.contents().isEmpty)
    }

    @Test func theInterfaceIsKnownByTheRegistrysName() throws {
        func management(_ address: String, _ options: [String: JSON] = [:]) throws -> Management? {
            let lab = try ReleaseLab()
            return try Management(Place(lab.provider(options), lab.request("ep.plan/1", to: address, tags: [])))
        }
        let hub = try #require(try management("docker.io/team/image"))
        #expect(hub.kind == .hub && hub.base == "https://hub.docker.com")
        #expect(try management("registry-1.docker.io/team/image")?.kind == .hub)
        #expect(try management("quay.io/team/image")?.base == "https://quay.io")
        let harbor = try #require(try management("harbor.example/team/image", ["management": "harbor"]))
        #expect(harbor.kind == .harbor && harbor.base == "https://harbor.example")
        #expect(try management("docker.io/team/image", ["management": "none"]) == nil)
        #expect(throws: Failure.self) { try management("harbor.example/team/image") }
        // A password goes nowhere in the clear.
        #expect(throws: Failure.self) {
            try management(
                "harbor.example/team/image",
                ["management": "harbor", "management_url": "http://harbor.example"])
        }
        #expect(
            try management(
                "harbor.example/team/image",
                ["management": "harbor", "management_url": "http://harbor.example", "insecure": true]) != nil)
    }

    /// quay.io's token is for quay.io.
    @Test func aPrivateQuayDoesNotGetTheTokenOfTheOther() async throws {
        var scene = try await scene(.quay)
        scene.options["apikey_variable"] = nil
        scene.lab.fake.set { $0.secrets["quay_apikey"] = "quay token" }
        let options = scene.options
        let done = try await scene.lab.publish(to: scene.repository, options: options)
        #expect(done.release.findings?.first?.message.text().contains("there is no token") == true)
        #expect(try await scene.management.story() == ["GET /api/v1/repository/team/image 200 -"])
    }
}
