import Serving

ImageServer.main()
