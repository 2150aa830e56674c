using System.Diagnostics;
using System.IO.Pipelines;
using Virtio.Bench.Guests;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Vmm;

namespace Virtio.Bench.Processor;

/// <summary>One boot of the guest image in this process.</summary>
/// <param name="Instructions">Instructions retired up to the shell's prompt.</param>
/// <param name="Time">Time from the hart's start to the prompt.</param>
internal sealed record KernelBoot(ulong Instructions, TimeSpan Time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal static async Task<KernelBoot> RunAsync()
    {
        GuestImage image = GuestImage.Find();
        Pipe keyboard = new(), screen = new();
        using var limit = new CancellationTokenSource(Limit);
        var console = new ConsoleDeviceOptions { Input = keyboard.Reader.AsStream(), Output = screen.Writer.AsStream() };
        await using MicroVm vm = await MicroVm.StartAsync(
            new MicroVmOptions
            {
                Kernel = image.Kernel,
                Initrd = image.Initrd,
                CommandLine = image.CommandLine,
                Devices = [new ConsoleDevice(console), new EntropyDevice()],
            },
            limit.Token);
        long start = Stopwatch.GetTimestamp();
        await ReadPromptAsync(screen.Reader.AsStream(), limit.Token);
        return new KernelBoot(vm.InstructionsRetired!.Value, Stopwatch.GetElapsedTime(start));
    }

    private static async Task ReadPromptAsync(Stream screen, CancellationToken cancellationToken)
    {
        var prompt = new TextMatch(GuestCommand.Prompt);
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = await screen.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                throw new EndOfStreamException("the guest's console ended before there was a prompt");
            if (prompt.Add(buffer.AsSpan(0, count)))
                return;
        }
    }
}
