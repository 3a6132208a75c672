import BuilderRuntime

ChangeServer.main()
