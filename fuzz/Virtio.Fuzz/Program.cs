return Virtio.Fuzz.Loop.CommandLine.Run(args);
