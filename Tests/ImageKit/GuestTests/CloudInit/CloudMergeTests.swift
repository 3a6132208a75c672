import Documents
import FileSystems
import ImageTesting
import TestSupport
import Testing

@testable import Guest

private let hasCloudInit = (try? run(["/usr/bin/python3", "-c", "import cloudinit.util"]))?.status == 0

/// cloud-init's own code: what it makes of the same files.
@Suite(.enabled(if: hasCloudInit, "cloud-init's Python package is not installed"))
struct CloudMergeTests {
    static let program = """
        import sys, json, os, logging
        from cloudinit import util, safeyaml
        from cloudinit.distros import ug_util
        def plain(v):
            if isinstance(v, bool): return 'true' if v else 'false'
            if v is None: return 'null'
            if isinstance(v, (int, float)): return '#'
            if isinstance(v, str): return json.dumps(v, ensure_ascii=False)
            if isinstance(v, list): return '[' + ','.join(plain(x) for x in v) + ']'
            if isinstance(v, dict): return '{' + ','.join(json.dumps(str(k), ensure_ascii=False) + ':' + plain(v[k]) for k in sorted(v, key=lambda k: str(k).encode())) + '}'
            return '?' + type(v).__name__
        class Distro:
            def __init__(self, cfg): self.cfg = cfg
            def get_default_user(self): return (self.cfg.get('system_info') or {}).get('default_user') or {}
        for path in sys.argv[2:]:
            print('== ' + path)
            if sys.argv[1] == 'yaml':
                try: print(plain(safeyaml.load(open(path).read())))
                except Exception as e: print('refused')
                continue
            cfg = util.read_conf_with_confd(path)
            print(plain(cfg))
            users, groups = ug_util.normalize_users_groups(cfg, Distro(cfg))
            for name in sorted(users):
                u = users[name]
                g = u.get('groups', [])
                g = [x.strip() for x in g.split(',')] if isinstance(g, str) else list(g)
                print(name, u.get('default', False), util.is_true(u.get('lock_passwd', True)) if 'lock_passwd' in u else True, ','.join(sorted(x for x in g if x)), u.get('shell'), sep='|')
        """

    static func plain(_ node: YAMLNode?) -> String {
        guard let node else { return "null" }
        switch node.value {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number: return "#"
        case .string(let text): return quoted(text)
        case .list(let list): return "[" + list.map(plain).joined(separator: ",") + "]"
        case .map(let pairs):
            let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return "{" + sorted.map { quoted($0.key) + ":" + plain($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static let texts = [
        "a: yes\nb: No\nc: on\nd: 'yes'\ne: ~\nf:\ng: null\nh: y\ni: TRUE\nj: truE\n",
        "a: 0644\nb: 0x1f\nc: 1_000\nd: 1:30\ne: 089\nf: 0b11\ng: 1.5\nh: 1e3\ni: 1.0e+3\nj: .5\nk: -.5\nl: +7\nm: 1:60\nn: .inf\no: 1.\np: 1:30.5\nq: -\nr: 0o7\ns: 1.e+1\n",
        "a: |\n  line\n  two\nb: >\n  folded\n  text\nc: \"x\\ty\"\nd: 'it''s'\n",
        "base: &b {x: 1, y: two}\nother:\n  <<: *b\n  y: three\nlist: [*b, plain]\n",
        "a: &x [1, 2]\nb: *x\nc:\n  <<: [{p: 1}, {p: 2, q: 3}]\n  q: 4\n",
        "a: 1\na: 2\nb: {c: x, c: y}\n", "\"a\": 1\na: two\n",
        "a:\n  sudo: one\n  groups: g\n  sudo: two\n  sudo: three\n",
        "a: !!str 12\nb: !!int '3'\n", "a: !custom 1\n", "a: [1, 2\n", "a: *none\n", "? [a, b]\n: c\n",
        "--- \na: 1\n--- \nb: 2\n",
        "", "# only a comment\n", "just text\n", "- a\n- b\n", "a: b: c\n", "\ta: 1\n", "a: {b: [c, {d: e}], f: }\n",
        "é: ü\n",
        "a: \"\\u00e9 \\\\ \\\"q\\\"\"\n", "a: 'multi\n  line'\n", "%YAML 1.1\n---\na: b\n", "a: @x\n", "a: [a, b, ]\n",
        "a: - b\n",
        "#cloud-config\nusers:\n- default\n- name: x\n  lock_passwd: false\n", "a: 2001-12-14x\nb: x#y\nc: x #y\n",
    ]

    /// What the peer prints for each of the files, started once for all of them.
    static func answers(_ mode: String, _ paths: [String], _ scratch: Scratch) throws -> [[String]] {
        let program = try scratch.write("peer.py", program)
        let answer = try run(["/usr/bin/python3", program, mode] + paths)
        try #require(answer.status == 0, "\(answer.output)")
        var result: [[String]] = []
        for line in answer.output.split(separator: "\n").map(String.init) {
            if line.hasPrefix("== ") {
                result.append([])
            } else if !line.hasPrefix("DEPRECATED"), !line.hasPrefix("Format"), !result.isEmpty {
                result[result.count - 1].append(line)
            }
        }
        try #require(result.count == paths.count)
        return result
    }

    @Test("a file's values are those of cloud-init's own reader")
    func yaml() throws {
        let scratch = try Scratch()
        let paths = try Self.texts.enumerated().map { try scratch.write("\($0.offset).yaml", $0.element) }
        for (text, answer) in zip(Self.texts, try Self.answers("yaml", paths, scratch)) {
            var ours = "refused"
            var allowance = YAMLNode.Allowance()
            do { ours = Self.plain(try YAMLNode.parse(text, path: "x.yaml", &allowance)) } catch {}
            #expect([ours] == answer, "\(text)")
        }
    }

    static let standard =
        "users:\n - default\ndisable_root: true\npreserve_hostname: false\nsystem_info:\n  distro: debian\n  default_user:\n    name: debian\n    lock_passwd: True\n    gecos: Debian\n    groups: [adm, sudo]\n    sudo: [\"ALL=(ALL) NOPASSWD:ALL\"]\n    shell: /bin/bash\n  paths:\n    cloud_dir: /var/lib/cloud/\ncloud_init_modules:\n - migrator\n - growpart\n"

    static let folders: [[String: String]] = [
        ["cloud.cfg": standard],
        [
            "cloud.cfg": standard, "cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ NoCloud, ConfigDrive ]\n",
            "cloud.cfg.d/05_logging.cfg": "_log:\n - &x |\n   [loggers]\nlog_cfgs:\n - [ *x ]\n",
            "cloud.cfg.d/README": "a: 1\n",
        ],
        [
            "cloud.cfg": standard,
            "cloud.cfg.d/10.cfg":
                "disable_root: false\nsystem_info: {default_user: {name: cloud, lock_passwd: false}}\n",
            "cloud.cfg.d/20.cfg": "disable_root: yes\nssh_pwauth: unchanged\n", ".cfg": "x",
        ],
        [
            "cloud.cfg": standard,
            "cloud.cfg.d/a.cfg": "users: [root, {name: debian, groups: 'wheel, x', shell: /bin/sh}, default]\n",
        ],
        ["cloud.cfg": standard, "cloud.cfg.d/a.cfg": "users: {alice: true, bob: false, carol: {shell: /bin/zsh}}\n"],
        ["cloud.cfg": standard, "cloud.cfg.d/a.cfg": "user: joe\n", "cloud.cfg.d/b.cfg": "users: 'x,default'\n"],
        ["cloud.cfg": standard, "cloud.cfg.d/a.cfg": "user: {name: joe, lock_passwd: false}\nusers: []\n"],
        [
            "cloud.cfg": standard, "cloud.cfg.d/bad.cfg": "a: [1\n", "cloud.cfg.d/list.cfg": "- a\n",
            "cloud.cfg.d/good.cfg": "a: 2\n",
        ],
        [
            "cloud.cfg": standard + "merge_how: 'list(append)+dict(recurse_array)+str()'\n",
            "cloud.cfg.d/a.cfg": "cloud_init_modules: [first]\nsystem_info: {default_user: {groups: [x]}}\n",
        ],
        [
            "cloud.cfg": standard,
            "cloud.cfg.d/a.cfg":
                "merge_how:\n - name: list\n   settings: [prepend]\n - name: dict\n   settings: [no_replace, recurse_list]\ncloud_init_modules: [one]\n",
            "cloud.cfg.d/b.cfg": "cloud_init_modules: [two]\nx: {y: 1}\n",
        ],
        [
            "cloud.cfg": standard, "cloud.cfg.d/a.cfg": "merge_type: 'dict(replace)'\nx: {y: {z: 1}}\nq: null\n",
            "cloud.cfg.d/b.cfg": "x: {y: {w: 2}, v: 3}\nq: 1\n",
        ],
        ["cloud.cfg": "conf_d: ''\na: 1\n", "cloud.cfg.d/a.cfg": "a: 2\n"],
        ["cloud.cfg.d/a.cfg": "a: 2\nb: {c: 1}\n", "cloud.cfg.d/b.cfg": "b: {d: 2}\n"],
        ["cloud.cfg": "a: {b: 1}\nc: [1]\nd: x\n", "cloud.cfg.d/z.cfg": "a: text\nc: {x: y}\nd: {e: f}\n"],
        [
            "cloud.cfg": "a: {b: 1}\nc: {x: 1}\nd: {e: f}\ne: {g: 1}\n",
            "cloud.cfg.d/z.cfg": "a: text\nc: [x]\nd: 5\ne: null\n",
        ],
        ["cloud.cfg": ""], ["cloud.cfg": "just text"],
        ["cloud.cfg": standard, "cloud.cfg.d/.hidden.cfg": "disable_root: false\n"],
        [
            "cloud.cfg": standard, "cloud.cfg.d/É.cfg": "a: 1\n", "cloud.cfg.d/Z.cfg": "a: 2\n",
            "cloud.cfg.d/_.cfg": "a: 3\n", "cloud.cfg.d/a.cfg": "a: 4\n",
        ],
        [
            "cloud.cfg": standard,
            "cloud.cfg.d/a.cfg":
                "users:\n- {name: default, groups: [only], lock-passwd: false}\n- {name: x, shell: /s}\n- {name: x, shell: /t, groups: y}\n",
        ],
    ]

    @Test("merged settings and users are those of cloud-init's own code")
    func merge() throws {
        let scratch = try Scratch()
        var paths: [String] = []
        for (index, files) in Self.folders.enumerated() {
            for (name, text) in files { _ = try scratch.write("\(index)/" + name, text) }
            paths.append(scratch.path + "/\(index)/cloud.cfg")
        }
        for (files, answer) in zip(Self.folders, try Self.answers("conf", paths, scratch)) {
            var nodes: [String: MemoryFileSystem.Node] = [:]
            for (name, text) in files { nodes["/etc/cloud/" + name] = .file(text) }
            let ours = try CloudConfiguration.read(GuestTree(MemoryFileSystem(nodes)))
            #expect(Self.plain(ours.root) == answer.first, "\(files)")
            let users = CloudUsers(root: ours.root).users.sorted { $0.name < $1.name }.map { user in
                [
                    user.name, user.isDefault ? "True" : "False", user.locksPassword ? "True" : "False",
                    user.groups.sorted().joined(separator: ","), user.shell ?? "None",
                ].joined(separator: "|")
            }
            #expect(users == Array(answer.dropFirst()), "\(files)")
        }
    }
}
