using Virtio.Bench;

foreach (Result result in RingBenchmark.Run())
    Console.WriteLine($"{result.Group,-8} {result.Name,-48} {result.Value,10:F1} {result.Unit}");
