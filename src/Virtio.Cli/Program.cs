using Virtio.Cli;

return await VirtioCommand.InvokeAsync(args);
