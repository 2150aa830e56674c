using System.Diagnostics;
using Virtio.Memory;
using Virtio.Riscv;

namespace Virtio.Bench.Processor;

/// <summary>Instructions per second of one hart: two loops without a kernel, then a kernel's boot.</summary>
internal static class ProcessorBenchmark
{
    internal const string Integer = "integer loop";
    internal const string Copy = "memory copy loop";
    internal const string Boot = "kernel boot to the shell";
    internal const string FirstBoot = "kernel boot to the shell, first of its process";
    internal const string Unit = "million instructions/s";
    internal const string Subject = "hart, JIT";

    private const ulong MemoryAddress = 0x8000_0000;
    private const ulong MemoryLength = 1 << 20;
    private const ulong CopyFrom = MemoryAddress + (256 << 10);
    private const ulong CopyTo = MemoryAddress + (512 << 10);
    private const ulong Sample = 10_000_000;
    private const int FromA0 = 10;
    private const int ToA1 = 11;

    internal static async Task RunAsync(BenchOptions options, Report report)
    {
        await RunBootsAsync(options, report);
        report.Add(new Result(Suites.Processor, Integer, Subject, Unit, true, RunLoop(Programs.Integer, options)));
        report.Add(new Result(Suites.Processor, Copy, Subject, Unit, true, RunLoop(Programs.Copy, options)));
    }

    /// <summary>Runs first, while no code of the processor is compiled yet: a user waits for such a first boot.</summary>
    private static async Task RunBootsAsync(BenchOptions options, Report report)
    {
        List<double> rates = [];
        for (int i = 0; i < (options.Quick ? 3 : 8); i++)
        {
            KernelBoot boot = await KernelBoot.RunAsync();
            if (i == 0)
            {
                double millions = boot.Instructions / 1e6;
                report.Note(Suites.Processor, $"The boot retires {millions:F0} million instructions until the shell's prompt.");
            }

            rates.Add(boot.Instructions / boot.Time.TotalSeconds / 1e6);
        }

        report.Add(new Result(Suites.Processor, Boot, Subject, Unit, true, rates[1..]));
        report.Add(new Result(Suites.Processor, FirstBoot, Subject, Unit, true, rates[..1]));
    }

    private static double[] RunLoop(ReadOnlySpan<byte> program, BenchOptions options)
    {
        using GuestMemory memory = GuestMemory.Allocate((MemoryAddress, MemoryLength));
        memory.TryWrite(MemoryAddress, program);
        using var machine = new RiscvMachine(new RiscvMachineOptions
        {
            Memory = [.. memory.Regions.Select(region => new RiscvMemoryRegion(region.Address, region.Host, region.Length))],
        });
        RiscvHart hart = machine.Harts[0];
        hart.ProgramCounter = MemoryAddress;
        hart.SetRegister(FromA0, CopyFrom);
        hart.SetRegister(ToA1, CopyTo);
        for (int i = 0; i < 30; i++)
            hart.Run(Sample);
        var rates = new double[options.Quick ? 30 : 100];
        for (int i = 0; i < rates.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            ulong retired = hart.Run(Sample);
            rates[i] = retired / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
        }

        return rates;
    }
}
